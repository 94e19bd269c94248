from typing import Any

from django import forms

from books.forms.fields import LineField
from books.models.catalogue import DEFAULT_NAME, MAX_NAME


class CatalogueForm(forms.Form):
    """An owner's changes to the catalogue; omitted fields stay as they are."""

    name = LineField(
        label="Name of the catalogue",
        required=False,
        max_length=MAX_NAME,
        help_text=f"It appears at the top of every page and in feeds. Leave it empty for “{DEFAULT_NAME}”.",
    )
    samples = forms.ChoiceField(choices=[("keep", "keep")], required=False)
    first_steps = forms.ChoiceField(choices=[("done", "done")], required=False)

    def changes(self) -> dict[str, Any]:
        """The columns of the catalogue that the form changes."""
        changes: dict[str, Any] = {"name": self.cleaned_data["name"]} if "name" in self.data else {}
        if self.cleaned_data["samples"]:
            changes["keeps_samples"] = True
        if self.cleaned_data["first_steps"]:
            changes["is_set_up"] = True
        return changes
