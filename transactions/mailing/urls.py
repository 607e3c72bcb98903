"""Addresses of PDF, e-mail, links without sign-in, receipts, and Settings → Documents."""

from django.urls import path

from transactions.mailing import public, settings_views, views

urlpatterns = [
    path("documents/<slug:kind>/<int:pk>/pdf/", views.document_pdf, name="document_pdf"),
    path("documents/<slug:kind>/<int:pk>/send/", views.document_send, name="document_send"),
    path("documents/invoice/<int:pk>/remind/", views.document_remind, name="document_remind"),
    path("documents/<slug:kind>/<int:pk>/link/", views.link_new, name="document_link"),
    path("documents/links/<int:pk>/revoke/", views.link_revoke, name="document_link_revoke"),
    path("documents/mails/<int:pk>/again/", views.mail_again, name="document_mail_again"),
    path("documents/attachments/<int:pk>/", views.attachment, name="document_attachment"),
    path("receipts/<int:pk>/", views.receipt, name="expense_receipt"),
    path("d/<str:token>/", public.public_document, name="public_document"),
    path("d/<str:token>/pdf/", public.public_pdf, name="public_pdf"),
    path("d/<str:token>/logo/", public.public_logo, name="public_logo"),
    path("d/<str:token>/decide/", public.public_decide, name="public_decide"),
    path("settings/documents/", settings_views.document_settings, name="document_settings"),
    path("settings/documents/logo/", settings_views.logo, name="document_logo"),
    path("settings/documents/numbers/<slug:kind>/", settings_views.series, name="number_series"),
    path("settings/documents/taxes/new/", settings_views.tax, name="tax_new"),
    path("settings/documents/taxes/<int:pk>/", settings_views.tax, name="tax"),
    path("settings/documents/texts/<slug:purpose>/", settings_views.text, name="mail_text"),
]
