"""What a rule of money says when it refuses."""


class TransactionRefused(Exception):
    """A rule refuses what was asked, and nothing was changed.

    `code`: short and stable, for programs. `sentence`: for people, says what to do. `field`: the name of the form
    field or API attribute it concerns, '' for the whole document. Forms, the API and the admin show the same text.
    """

    def __init__(self, code, sentence, field=""):
        super().__init__(sentence)
        self.code, self.sentence, self.field = code, sentence, field

    def __reduce__(self):
        return type(self), (self.code, self.sentence, self.field)


class EntriesChanged(TransactionRefused):
    """Hours changed between the look at a proposal and its confirmation; look again and confirm (M2)."""

    def __init__(self, count):
        noun = "entry has" if count == 1 else "entries have"
        super().__init__(
            "entries_changed", f"{count} {noun} changed since you looked. Check the lines and confirm again."
        )
        self.count = count

    def __reduce__(self):
        return type(self), (self.count,)
