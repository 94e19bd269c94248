from datetime import timedelta

from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.test import TestCase
from django.utils import timezone

from books.models import Worker


class HealthCheck(TestCase):
    async def test_all_is_well(self) -> None:
        await Worker.objects.asee("somebody")
        response = await self.async_client.get("/health_check/")
        assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "jobs": "ok"})

    async def test_jobs_that_nobody_works_are_503(self) -> None:
        await Worker.objects.acreate(name="gone", seen_at=timezone.now() - timedelta(minutes=1))
        response = await self.async_client.get("/health_check/")
        assert (response.status_code, response.json()["database"]) == (503, "ok")
        assert "manage.py work" in response.json()["jobs"]

    def test_a_database_that_cannot_be_read_is_503_with_what_is_wrong(self) -> None:
        def error_response(*args: object) -> None:
            raise DatabaseError("away")

        with connection.execute_wrapper(error_response):
            response = async_to_sync(self.async_client.get)("/health_check/")
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "prepare" in response.json()["database"]

    def test_being_alive_asks_nothing_of_the_database(self) -> None:
        with self.assertNumQueries(0):
            response = async_to_sync(self.async_client.get)("/health_check/live/")
        assert response.json() == {"status": "ok"}
