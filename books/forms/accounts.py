"""Forms to sign in, to create the first account, to change a password and to create a token."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import SetPasswordMixin, UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator

from books.forms.fields import MAX_QUERY, LineField, QueryField, StrictBooleanField
from books.forms.lists import ListQuery
from books.models import Role
from books.models.account import AccountQuerySet
from books.models.token import MAX_DAYS, Scope

MAX_USERNAME = 150
PASSWORD_HINT = "At least 8 characters, and not a common password."  # noqa: S105
MAX_PASSWORD = 1000  # characters: a longer one takes longer to hash


def _password(label: str, autocomplete: str, hint: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=MAX_PASSWORD, strip=False, help_text=hint, widget=widget)


class LoginForm(forms.Form):
    username = UsernameField(label="User name", max_length=MAX_USERNAME)
    password = _password("Password", "current-password")


class OpenIdForm(forms.Form):
    """The hidden fields of a button: where to go after signing in, or which account to connect."""

    next = forms.CharField(required=False)
    typed = forms.CharField(required=False, strip=False)
    secret = forms.CharField(required=False, max_length=100)
    connect = forms.BooleanField(required=False)


class NewPasswordForm(SetPasswordMixin[User], forms.Form):
    """A new password, typed twice and checked by Django's password validators."""

    error_messages = {"password_mismatch": "The two passwords differ."}
    password = _password("New password", "new-password", PASSWORD_HINT)
    again = _password("Repeat password", "new-password")

    def clean(self) -> dict[str, Any]:
        self.validate_passwords("password", "again")
        user = get_user_model()(username=self.cleaned_data.get("username", ""))
        self.validate_password_for_user(user, "password")
        return self.cleaned_data


class NewAccountForm(NewPasswordForm):
    username = UsernameField(label="User name", max_length=MAX_USERNAME, validators=[UnicodeUsernameValidator()])
    password = _password("Password", "new-password", PASSWORD_HINT)
    field_order = ["username", "password", "again"]


class InvitationForm(forms.Form):
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role)


class AccountForm(forms.Form):
    """An owner's changes to an account; omitted fields stay as they are."""

    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role, required=False, empty_value=None)
    active = StrictBooleanField(empty=None)


class AccountQuery(ListQuery):
    """Which accounts: `?q=` a part of the name."""

    q = QueryField(required=False, max_length=MAX_QUERY)
    order = AccountQuerySet.ORDERINGS["added"]


class PasswordChangeForm(NewPasswordForm):
    old = _password("Current password", "current-password")
    field_order = ["old", "password", "again"]


class TokenForm(forms.Form):
    name = LineField(label="Name", max_length=100, help_text="What it is for, for example “import script”.")
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
