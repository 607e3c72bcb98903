"""The words on documents, in the languages that have them; every other language gets English."""

from __future__ import annotations

from babel import Locale
from babel.core import UnknownLocaleError

FALLBACK = "en"

_NAMES = (
    "invoice quote credit_note number date due_date valid_until reference corrects bill_to quote_for description "
    "quantity rate discount tax amount subtotal shipping adjustment total paid credited balance notes terms "
    "page time_sheet person task hours project tax_number draft void paid_stamp accepted declined expired invoiced "
    "hour_unit includes prices_include_tax from_ missing_font"
).split()

# One row per language, in the order of `_NAMES`; separated by |.
_ROWS = {
    "en": "Invoice|Quote|Credit note|Number|Date|Due date|Valid until|Reference|For invoice|Bill to|Quote for|"
    "Description|Quantity|Rate|Discount|Tax|Amount|Subtotal|Shipping|Adjustment|Total|Paid|Credited|Amount due|Notes|"
    "Terms|Page {page} of {pages}|Time sheet|Person|Task|Hours|Project|Tax number|Draft|Void|Paid|Accepted|Declined|"
    "Expired|Invoiced|h|Includes {tax}|Prices include tax.|From|"
    "Some characters of this document are in no installed font and show as boxes.",
    "de": "Rechnung|Angebot|Gutschrift|Nummer|Datum|Fällig am|Gültig bis|Referenz|Zu Rechnung|Rechnung an|"
    "Angebot für|Beschreibung|Menge|Satz|Rabatt|Steuer|Betrag|Zwischensumme|Versand|Anpassung|Gesamtbetrag|Bezahlt|"
    "Gutgeschrieben|Zu zahlen|Anmerkungen|Bedingungen|Seite {page} von {pages}|Stundennachweis|Person|Aufgabe|"
    "Stunden|Projekt|Steuernummer|Entwurf|Storniert|Bezahlt|Angenommen|Abgelehnt|Abgelaufen|Abgerechnet|Std.|"
    "Enthält {tax}|Preise enthalten die Steuer.|Von|"
    "Einige Zeichen dieses Dokuments fehlen in den Schriften und erscheinen als Kästchen.",
    "fr": "Facture|Devis|Avoir|Numéro|Date|Échéance|Valable jusqu’au|Référence|Pour la facture|Facturé à|Devis pour|"
    "Description|Quantité|Tarif|Remise|Taxe|Montant|Sous-total|Livraison|Ajustement|Total|Payé|Crédité|Solde à payer|"
    "Remarques|Conditions|Page {page} sur {pages}|Relevé d’heures|Personne|Tâche|Heures|Projet|Numéro fiscal|Brouillon|"
    "Annulée|Payée|Accepté|Refusé|Expiré|Facturé|h|Dont {tax}|Prix taxes comprises.|De|"
    "Certains caractères de ce document manquent dans les polices et apparaissent comme des cadres.",
    "es": "Factura|Presupuesto|Nota de crédito|Número|Fecha|Vencimiento|Válido hasta|Referencia|De la factura|"
    "Facturar a|Presupuesto para|Descripción|Cantidad|Tarifa|Descuento|Impuesto|Importe|Subtotal|Envío|Ajuste|Total|"
    "Pagado|Abonado|Importe pendiente|Notas|Condiciones|Página {page} de {pages}|Hoja de horas|Persona|Tarea|Horas|"
    "Proyecto|Número fiscal|Borrador|Anulada|Pagada|Aceptado|Rechazado|Caducado|Facturado|h|Incluye {tax}|"
    "Los precios incluyen impuestos.|De|"
    "Algunos caracteres de este documento faltan en las fuentes y aparecen como recuadros.",
    "nl": "Factuur|Offerte|Creditnota|Nummer|Datum|Vervaldatum|Geldig tot|Referentie|Bij factuur|Factuur aan|"
    "Offerte voor|Omschrijving|Aantal|Tarief|Korting|Btw|Bedrag|Subtotaal|Verzending|Correctie|Totaal|Betaald|"
    "Gecrediteerd|Te betalen|Opmerkingen|Voorwaarden|Pagina {page} van {pages}|Urenstaat|Persoon|Taak|Uren|Project|"
    "Btw-nummer|Concept|Vervallen|Betaald|Geaccepteerd|Afgewezen|Verlopen|Gefactureerd|uur|Inclusief {tax}|"
    "Prijzen zijn inclusief btw.|Van|"
    "Sommige tekens van dit document ontbreken in de lettertypen en verschijnen als vakjes.",
    "it": "Fattura|Preventivo|Nota di credito|Numero|Data|Scadenza|Valido fino al|Riferimento|Per la fattura|"
    "Intestata a|Preventivo per|Descrizione|Quantità|Tariffa|Sconto|Imposta|Importo|Subtotale|Spedizione|Rettifica|"
    "Totale|Pagato|Accreditato|Da pagare|Note|Condizioni|Pagina {page} di {pages}|Registro ore|Persona|Attività|Ore|"
    "Progetto|Partita IVA|Bozza|Annullata|Pagata|Accettato|Rifiutato|Scaduto|Fatturato|h|Include {tax}|"
    "Prezzi con imposte incluse.|Da|"
    "Alcuni caratteri di questo documento mancano nei font e appaiono come riquadri.",
    "pt": "Fatura|Orçamento|Nota de crédito|Número|Data|Vencimento|Válido até|Referência|Da fatura|Faturar a|"
    "Orçamento para|Descrição|Quantidade|Taxa horária|Desconto|Imposto|Valor|Subtotal|Envio|Ajuste|Total|Pago|"
    "Creditado|Valor a pagar|Notas|Condições|Página {page} de {pages}|Folha de horas|Pessoa|Tarefa|Horas|Projeto|"
    "Número fiscal|Rascunho|Anulada|Paga|Aceite|Recusado|Expirado|Faturado|h|Inclui {tax}|"
    "Os preços incluem impostos.|De|"
    "Alguns caracteres deste documento faltam nas fontes e aparecem como caixas.",
    "ar": "فاتورة|عرض سعر|إشعار دائن|الرقم|التاريخ|تاريخ الاستحقاق|صالح حتى|المرجع|للفاتورة|فاتورة إلى|عرض سعر إلى|"
    "الوصف|الكمية|السعر|الخصم|الضريبة|المبلغ|المجموع الفرعي|الشحن|تسوية|الإجمالي|المدفوع|المقيد|المبلغ المستحق|"
    "ملاحظات|الشروط|صفحة {page} من {pages}|سجل الساعات|الشخص|المهمة|الساعات|المشروع|الرقم الضريبي|مسودة|ملغاة|مدفوعة|"
    "مقبول|مرفوض|منتهي|مفوتر|س|يشمل {tax}|الأسعار تشمل الضريبة.|من|"
    "بعض أحرف هذا المستند غير متوفرة في الخطوط وتظهر كمربعات.",
    "ja": "請求書|見積書|貸方票|番号|発行日|支払期限|有効期限|参照|対象請求書|請求先|見積先|内容|数量|単価|値引|税|"
    "金額|小計|送料|調整|合計|入金済|充当済|ご請求額|備考|条件|{page} / {pages} ページ|作業時間明細|担当者|作業|時間|"
    "プロジェクト|登録番号|下書き|無効|支払済|承諾済|辞退|期限切れ|請求済|時間|{tax} を含む|価格は税込です。|発行者|"
    "この文書の一部の文字は書体にないため四角で表示されます。",
}
WORDS = {code: dict(zip(_NAMES, row.split("|"), strict=True)) for code, row in _ROWS.items()}
RIGHT_TO_LEFT = {"ar", "he", "fa", "ur"}


def parsed(language: str) -> Locale:
    """The locale of a code such as "de", "en-GB" or "pt_BR"; English for one that nobody knows."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale(FALLBACK)


def words_for(language: str) -> dict[str, str]:
    """The words of a language, in English where it has none."""
    return WORDS.get(parsed(language).language, WORDS[FALLBACK])


def spoken(language: str) -> str:
    """The language that the words are really in."""
    code = parsed(language).language
    return code if code in WORDS else FALLBACK
