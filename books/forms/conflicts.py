"""What forms have in common that edit what somebody else may be editing too."""

from collections.abc import Mapping
from typing import Any

from django import forms

Values = Mapping[str, Any]


class EditForm(forms.Form):
    """`version` is the one that was being edited."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def show_conflict(self, mine: Values, theirs: Values, base: Values | None, version: int) -> None:
        """Show the saved value beside each field that both changed, or in it where only others changed it.

        `base`: the values that both began with; None if they are not known. The next save is based on `version`.
        """
        data = {name: self.data.get(name, "") for name in self.fields}
        for name, value in mine.items():
            field: Any = self.fields[name]
            saved = field.prepare_value(theirs[name])
            if base is not None and value == base[name] != theirs[name]:
                data[name], field.origin = saved, "the saved version"
            elif value != theirs[name] and (base is None or theirs[name] != base[name]):
                field.theirs = "ticked" if saved is True else saved or "(empty)"
        self.data = {**data, "version": version}
