"""From a document to what people see: one structure, of which the PDF, the e-mail and the web page are made."""
