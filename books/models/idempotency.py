"""Responses to requests with an Idempotency-Key: a repeated request gets the first response again."""

from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from books.models.errors import Refused
from books.models.fields import digest_of

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 180  # characters from the client
MAX_ACCOUNT = 20  # characters before them, for the id of the account


class KeyReused(Refused):
    detail = "This Idempotency-Key was sent with a different request before. Choose a new one."


class IdempotentResponseQuerySet(models.QuerySet["IdempotentResponse"]):
    def get_or_run(self, key: str, request: str, act: Callable[[], str]) -> str:
        """The stored response for this key. If there is none, call `act` and store its result.

        This is one transaction, so only one of several concurrent requests acts, and the others wait for its response.
        Raises KeyReused, and whatever `act` raises.
        """
        digest = digest_of(request)
        try:
            with transaction.atomic():
                self.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
                first = self.create(key=key, request_digest=digest, answer="")
                first.answer = act()
                first.save(update_fields=["answer"])
        except IntegrityError:
            earlier = self.filter(key=key).first()
            if earlier is None:
                raise
            first = earlier
        if first.request_digest != digest:
            raise KeyReused
        return first.answer


class IdempotentResponse(models.Model):
    key = models.CharField(max_length=MAX_KEY + MAX_ACCOUNT, unique=True)
    request_digest = models.CharField(max_length=64)
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = IdempotentResponseQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key
