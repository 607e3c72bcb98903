"""What e-mails say: subject and body per purpose and language, with a closed list of placeholders."""

from __future__ import annotations

import re

from transactions.errors import TransactionRefused
from transactions.models import MailTemplate
from transactions.printing.formats import clean, day, money
from transactions.printing.words import parsed, words_for

PLACEHOLDERS = {
    "customer": "the customer's name",
    "contact": "the name of the first contact person, else the customer's",
    "document": "the kind of document, such as Invoice",
    "number": "its number",
    "total": "its total with the currency",
    "balance": "what is still to be paid",
    "date": "its date",
    "due_date": "when it is due, or until when a quote is valid",
    "organization": "your organization's name",
    "sender": "your name",
    "link": "the address where the customer sees the document",
}
_PLACEHOLDER = re.compile(r"\{([^{}\n]{0,60})\}")

_TEXTS = {
    "en": {
        "document": (
            "{document} {number} from {organization}",
            "Dear {contact},\n\nplease find attached our {document} {number} of {date} over {total}.\n\n"
            "You can also see it here:\n{link}\n\nKind regards\n{sender}\n{organization}",
        ),
        "quote": (
            "{document} {number} from {organization}",
            "Dear {contact},\n\nplease find attached our quote {number} over {total}, valid until {due_date}.\n\n"
            "Here you can see it, and accept or decline it:\n{link}\n\nKind regards\n{sender}\n{organization}",
        ),
        "reminder": (
            "Reminder: {document} {number} was due on {due_date}",
            "Dear {contact},\n\nwe have not seen a payment for our invoice {number} of {date} yet. {balance} was due "
            "on {due_date}.\n\nThe invoice is here:\n{link}\n\nIf you have paid meanwhile, please ignore this "
            "message.\n\nKind regards\n{sender}\n{organization}",
        ),
    },
    "de": {
        "document": (
            "{document} {number} von {organization}",
            "Guten Tag {contact},\n\nanbei erhalten Sie {document} {number} vom {date} über {total}.\n\n"
            "Sie können das Dokument auch hier ansehen:\n{link}\n\nFreundliche Grüße\n{sender}\n{organization}",
        ),
        "quote": (
            "{document} {number} von {organization}",
            "Guten Tag {contact},\n\nanbei erhalten Sie unser Angebot {number} über {total}, gültig bis {due_date}.\n\n"
            "Hier können Sie es ansehen und annehmen oder ablehnen:\n{link}\n\n"
            "Freundliche Grüße\n{sender}\n{organization}",
        ),
        "reminder": (
            "Erinnerung: {document} {number} war am {due_date} fällig",
            "Guten Tag {contact},\n\nfür unsere Rechnung {number} vom {date} konnten wir noch keinen Zahlungseingang "
            "feststellen. {balance} waren am {due_date} fällig.\n\nHier ist die Rechnung:\n{link}\n\n"
            "Falls Sie inzwischen gezahlt haben, betrachten Sie diese Nachricht als gegenstandslos.\n\n"
            "Freundliche Grüße\n{sender}\n{organization}",
        ),
    },
    "fr": {
        "document": (
            "{document} {number} de {organization}",
            "Bonjour {contact},\n\nveuillez trouver ci-joint le document {document} {number} du {date} d’un montant "
            "de {total}.\n\nVous pouvez aussi le consulter ici :\n{link}\n\nCordialement\n{sender}\n{organization}",
        ),
        "quote": (
            "{document} {number} de {organization}",
            "Bonjour {contact},\n\nveuillez trouver ci-joint notre devis {number} de {total}, valable jusqu’au "
            "{due_date}.\n\nVous pouvez le consulter, l’accepter ou le refuser ici :\n{link}\n\n"
            "Cordialement\n{sender}\n{organization}",
        ),
        "reminder": (
            "Rappel : {document} {number} échue le {due_date}",
            "Bonjour {contact},\n\nsauf erreur de notre part, notre facture {number} du {date} reste impayée : "
            "{balance}, échéance {due_date}.\n\nLa facture est ici :\n{link}\n\nSi vous avez payé entre-temps, "
            "veuillez ignorer ce message.\n\nCordialement\n{sender}\n{organization}",
        ),
    },
    "es": {
        "document": (
            "{document} {number} de {organization}",
            "Hola, {contact}:\n\nAdjuntamos el documento {document} {number} del {date} por {total}.\n\n"
            "También puede verlo aquí:\n{link}\n\nUn saludo\n{sender}\n{organization}",
        ),
        "quote": (
            "{document} {number} de {organization}",
            "Hola, {contact}:\n\nAdjuntamos nuestro presupuesto {number} por {total}, válido hasta {due_date}.\n\n"
            "Aquí puede verlo y aceptarlo o rechazarlo:\n{link}\n\nUn saludo\n{sender}\n{organization}",
        ),
        "reminder": (
            "Recordatorio: {document} {number} venció el {due_date}",
            "Hola, {contact}:\n\nAún no hemos recibido el pago de nuestra factura {number} del {date}: {balance}, "
            "con vencimiento el {due_date}.\n\nLa factura está aquí:\n{link}\n\nSi ya la ha pagado, ignore este "
            "mensaje.\n\nUn saludo\n{sender}\n{organization}",
        ),
    },
    "nl": {
        "document": (
            "{document} {number} van {organization}",
            "Beste {contact},\n\nbijgaand vindt u {document} {number} van {date} over {total}.\n\n"
            "U kunt het document ook hier bekijken:\n{link}\n\nMet vriendelijke groet\n{sender}\n{organization}",
        ),
        "quote": (
            "{document} {number} van {organization}",
            "Beste {contact},\n\nbijgaand vindt u onze offerte {number} over {total}, geldig tot {due_date}.\n\n"
            "Hier kunt u de offerte bekijken en accepteren of afwijzen:\n{link}\n\n"
            "Met vriendelijke groet\n{sender}\n{organization}",
        ),
        "reminder": (
            "Herinnering: {document} {number} verviel op {due_date}",
            "Beste {contact},\n\nvoor onze factuur {number} van {date} hebben wij nog geen betaling ontvangen. "
            "{balance} verviel op {due_date}.\n\nDe factuur vindt u hier:\n{link}\n\nHebt u intussen betaald, dan "
            "kunt u dit bericht als niet verzonden beschouwen.\n\nMet vriendelijke groet\n{sender}\n{organization}",
        ),
    },
}


def template_for(organization, purpose, language):
    """(subject, body) for a purpose: the organization's own in this language, else its own for all languages, else ours
    in this language, else in English. The language "de-CH" has the text of "de" where it has none of its own.
    """
    wanted = [language.replace("_", "-"), parsed(language).language, ""]
    rows = MailTemplate.objects.filter(organization=organization, purpose=purpose, language__in=wanted)
    if own := min(rows, key=lambda row: wanted.index(row.language), default=None):
        return own.subject, own.body
    return standard(purpose, language)


def standard(purpose, language):
    """(subject, body) of ours for a purpose in a language, else in English."""
    texts = _TEXTS.get(parsed(language).language, _TEXTS["en"])
    return texts[purpose if purpose in texts else "document"]


def unknown_placeholders(text):
    """Those in `text` that don't exist, in their order."""
    return [name for name in dict.fromkeys(_PLACEHOLDER.findall(text)) if name not in PLACEHOLDERS]


def refuse_unknown(text, field):
    """Raise TransactionRefused naming placeholders that don't exist."""
    if unknown := unknown_placeholders(text):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise TransactionRefused(
            "unknown_placeholder", f"{{{unknown[0]}}} is no placeholder. Possible are: {known}.", field
        )


def values_for(document, contact="", sender="", link="{link}"):
    """What the placeholders stand for in an e-mail about `document`, in its language."""
    locale, words = parsed(document.language), words_for(document.language)
    customer = document.customer_name or document.customer.display_name
    organization = document.sender_name or document.organization.name
    end = getattr(document, "due_date", None) or getattr(document, "expiry_date", None)
    balance = getattr(document, "balance", document.total)
    values = {
        "customer": customer,
        "contact": contact or customer,
        "document": words[document.KIND],
        "number": document.number or words["draft"],
        "total": money(document.total, document.currency, locale),
        "balance": money(document.total if document.is_draft else balance, document.currency, locale),
        "date": day(document.date, locale),
        "due_date": day(end, locale) if end else "–",
        "organization": organization,
        "sender": sender or organization,
        "link": link,
    }
    return {name: " ".join(clean(value).split()) for name, value in values.items()}


def filled(text, values):
    """`text` with its placeholders replaced, once: what a value contains is never replaced again."""
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), text)
