"""Forms to sign in, to create the first account, to change a password and to create a token."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from books.metadata import record
from books.models.token import MAX_DAYS, Scope

MAX_PASSWORD = 1000  # characters: a longer one takes longer to hash


def _password(label: str, autocomplete: str, hint: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=MAX_PASSWORD, strip=False, help_text=hint, widget=widget)


def _username() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
    return forms.CharField(label="User name", max_length=150, widget=widget)


class LoginForm(forms.Form):
    username = _username()
    password = _password("Password", "current-password")


class NewPasswordForm(forms.Form):
    """A new password, typed twice and checked by Django's password validators."""

    password = _password("Password", "new-password", "At least 8 characters, and not a common password.")
    again = _password("Repeat password", "new-password")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        password = cleaned.get("password", "")
        if password and password != cleaned.get("again", password):
            self.add_error("again", "The two passwords differ.")
        if password:
            user = get_user_model()(username=cleaned.get("username", ""))
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class FirstAccountForm(NewPasswordForm):
    username = _username()
    field_order = ["username", "password", "again"]

    def clean_username(self) -> str:
        name: str = get_user_model().normalize_username(self.cleaned_data["username"])
        UnicodeUsernameValidator()(name)
        return name


class PasswordChangeForm(NewPasswordForm):
    old = _password("Current password", "current-password")
    field_order = ["old", "password", "again"]


class TokenForm(forms.Form):
    name = forms.CharField(label="Name", max_length=100, help_text="What it is for, for example “import script”.")
    scopes = forms.MultipleChoiceField(
        label="Permissions", choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=["read"]
    )
    days = forms.IntegerField(
        label="Days until it expires",
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text="Leave empty for a token that never expires.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def clean_name(self) -> str:
        return record.line(100)(self.cleaned_data["name"])
