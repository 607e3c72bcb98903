"""What the customer's page says beside the document itself."""

from transactions.printing.words import parsed

_NAMES = "download accept decline your_name comment accepted declined closed question missing_name".split()
_ROWS = {
    "en": "Download PDF|Accept|Decline|Your name|Comment (optional)|Accepted by|Declined by|"
    "This quote can no longer be answered here. Please contact us.|Your answer|Please give your name.",
    "de": "PDF herunterladen|Annehmen|Ablehnen|Ihr Name|Kommentar (optional)|Angenommen von|Abgelehnt von|"
    "Dieses Angebot kann hier nicht mehr beantwortet werden. Bitte melden Sie sich bei uns.|Ihre Antwort|"
    "Bitte nennen Sie Ihren Namen.",
    "fr": "Télécharger le PDF|Accepter|Refuser|Votre nom|Commentaire (facultatif)|Accepté par|Refusé par|"
    "Ce devis ne peut plus recevoir de réponse ici. Veuillez nous contacter.|Votre réponse|"
    "Veuillez indiquer votre nom.",
    "es": "Descargar PDF|Aceptar|Rechazar|Su nombre|Comentario (opcional)|Aceptado por|Rechazado por|"
    "Este presupuesto ya no puede responderse aquí. Póngase en contacto con nosotros.|Su respuesta|"
    "Indique su nombre.",
    "nl": "PDF downloaden|Accepteren|Afwijzen|Uw naam|Opmerking (optioneel)|Geaccepteerd door|Afgewezen door|"
    "Deze offerte kan hier niet meer worden beantwoord. Neem contact met ons op.|Uw antwoord|Vul uw naam in.",
}
WORDS = {code: dict(zip(_NAMES, row.split("|"), strict=True)) for code, row in _ROWS.items()}


def public_words(language):
    """The words in a language, in English where it has none."""
    return WORDS.get(parsed(language).language, WORDS["en"])
