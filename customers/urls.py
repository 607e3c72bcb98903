"""Addresses of customers."""

from django.urls import path

from customers import views

urlpatterns = [
    path("customers/", views.customer_list, name="customers"),
    path("customers/new/", views.customer_new, name="customer_new"),
    path("customers/<int:pk>/", views.customer_detail, name="customer"),
    path("customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/status/", views.customer_status, name="customer_status"),
    path("customers/<int:pk>/delete/", views.customer_delete, name="customer_delete"),
    path("customers/<int:pk>/contacts/new/", views.contact_edit, name="contact_new"),
    path("customers/<int:pk>/contacts/<int:contact_pk>/", views.contact_edit, name="contact_edit"),
    path("customers/<int:pk>/contacts/<int:contact_pk>/delete/", views.contact_delete, name="contact_delete"),
]
