"""The first answers to requests that carry an Idempotency-Key, so that a repeat gets the same answer."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 180  # characters of a key as sent
WHOSE = 20  # characters more for the account's id before it


class KeyReused(Exception):
    """This key came with another request before."""


class IdempotentResponseQuerySet(models.QuerySet["IdempotentResponse"]):
    def get_or_run(self, key: str, request: str, act: Callable[[], str]) -> str:
        """Do `act` and keep its answer under the key, or give the answer of the time when it was done.

        Answer and deed are one transaction: of any number of repeats at once, one acts and the others wait for it.
        Raises KeyReused for a key that came with another request, and whatever `act` raises.
        """
        digest = hashlib.sha256(request.encode()).hexdigest()
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
            raise KeyReused(key)
        return first.answer


class IdempotentResponse(models.Model):
    key = models.CharField(max_length=MAX_KEY + WHOSE, unique=True)
    request_digest = models.CharField(max_length=64)
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = IdempotentResponseQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key
