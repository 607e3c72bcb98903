"""What a customer sees through a link: the document, its PDF, and for quotes accept or decline. No sign-in, no session.

The secret in the address is the permission, so forms here need no CSRF token: an attacker who could forge one would
have to know the address. Pages say nothing to search engines and send no referrer.
"""

from functools import wraps

from django.db import transaction
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from organizations.current import memberships_of
from transactions import files, life, quotes
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.mailing import answers, links
from transactions.mailing.forms import DecisionForm
from transactions.mailing.public_words import public_words
from transactions.mailing.views import pdf_answer
from transactions.models import PublicLink, QuoteDecision
from transactions.printing.from_documents import paper_settings, printed
from transactions.printing.shown import shown
from transactions.states import state_of

OPEN = ("sent", "viewed")


def _quietly(answer):
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store, private"
    return answer


def by_link(view):
    """Give the view the working link of the address; the plain 404 page for every other address."""

    @wraps(view)
    def wrapped(request, token):
        if links.too_many_tries(request):
            words = "Too many addresses were tried. Wait ten minutes, then open your link again."
            return _quietly(render(request, "transactions/public_gone.html", {"words": words}, status=429))
        link = links.find(token)
        if link is None:
            links.note_wrong(request)
            return _quietly(render(request, "transactions/public_gone.html", status=404))
        return _quietly(view(request, link))

    return csrf_exempt(wrapped)


@require_safe
@by_link
def public_document(request, link):
    """The document as a page."""
    return _page(request, link, None)


@require_GET
@by_link
def public_pdf(request, link):
    """The document as PDF."""
    return pdf_answer(link.document, attachment=True)


@require_GET
@by_link
def public_logo(request, link):
    """The sender's logo."""
    return logo_answer(paper_settings(link.organization))


def logo_answer(look):
    """The organization's logo as PNG (written by us); 404 without one."""
    path = files.path_of("logos", look.logo) if look.logo else None
    if path is None or not path.is_file():
        raise Http404
    answer = FileResponse(path.open("rb"), content_type="image/png")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@by_link
def public_decide(request, link):
    """Accept or decline a quote; refused when it is decided or expired already."""
    quote = link.quote
    if quote is None or request.POST.get("decision") not in ("accept", "decline"):
        raise Http404
    form = DecisionForm(request.POST, words=public_words(quote.language))
    if not form.is_valid():
        return _page(request, link, form)
    accepted = request.POST["decision"] == "accept"
    try:
        with transaction.atomic():
            lock(quote)
            if state_of(quote) not in OPEN:
                raise TransactionRefused("decided", public_words(quote.language)["closed"])
            through = f"{form.cleaned_data['name']} via the public link"
            (quotes.accept if accepted else quotes.decline)(quote, through)
            decision = QuoteDecision.objects.create(
                quote=quote, link=link, accepted=accepted, **form.cleaned_data
            )
            answers.tell(quote, decision)
    except TransactionRefused as error:
        form.add_error(None, error.sentence)
        return _page(request, link, form)
    return redirect("public_document", token=request.resolver_match.kwargs["token"])


def _page(request, link, form):
    document = link.document
    if request.method == "GET":
        _note_view(request, link)
    words = public_words(document.language)
    is_open = document.KIND == "quote" and state_of(document) in OPEN
    if form is None and is_open:
        form = DecisionForm(words=words)
    look = paper_settings(link.organization)
    return render(
        request,
        "transactions/public_document.html",
        {
            "paper": shown(printed(document)),
            "token": request.resolver_match.kwargs["token"],
            "has_logo": bool(look.logo) and files.path_of("logos", look.logo).is_file(),
            "texts": words,
            "form": form if document.KIND == "quote" else None,
            "is_open": is_open,
            "decision": document.decisions.first() if document.KIND == "quote" else None,
        },
        status=400 if form is not None and form.is_bound else 200,
    )


def _note_view(request, link):
    """The customer opened it; members who look at their own link don't count."""
    mine = {membership.organization_id for membership in memberships_of(request)}
    if link.organization_id in mine:
        return
    PublicLink.objects.filter(pk=link.pk).update(last_viewed_at=timezone.now())
    life.mark_viewed(link.document)
