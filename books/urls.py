"""Every URL of the catalogue."""

import re

from django.conf import settings
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from books.exporting import CITATIONS, EXPORT_FORMATS
from books.feeds import opds, opds2
from books.feeds.sitemap import PAGES
from books.forms.lists import BookQuery, CsvQuery
from books.metadata import fingerprint
from books.models import Author, Book
from books.models.job import KEY
from books.views.accounts import (
    AcceptInvitation,
    Account,
    NewPassword,
    PasswordChange,
    TokenDetail,
    TokenList,
    TokenRevoke,
)
from books.views.activity import Activity
from books.views.author_duplicates import AuthorDuplicateList, AuthorDuplicateMerge
from books.views.authors import AuthorDetail, AuthorList
from books.views.book_detail import BookDetail
from books.views.book_forms import BookDelete, BookEdit, BookNew
from books.views.book_list import BookList
from books.views.catalogue import CatalogueSettings
from books.views.duplicates import BookMerge, DuplicateDetail, DuplicateDismiss, DuplicateList
from books.views.exports import Citation, Export
from books.views.feeds import OpdsAuthors, OpdsBook, OpdsBooks, OpdsSeries, OpdsStart, OpdsTopics
from books.views.health import HealthCheck, HealthCheckLive
from books.views.history import BookHistory, ChangeUndo, HistoryPurge
from books.views.home import Home
from books.views.jobs import (
    JobBooks,
    JobCancel,
    JobDetail,
    JobEvents,
    JobFileDownload,
    JobList,
    JobRetry,
)
from books.views.lab import Lab, LabCase
from books.views.login import Login, Logout
from books.views.lookup import Lookup
from books.views.names import NameEdit, NameHistory, NameUndo
from books.views.openapi import OpenApi
from books.views.openid import OpenIdCallback, OpenIdStart
from books.views.people import InvitationWithdraw, PasswordLink, PeopleList, PersonDetail
from books.views.robots import OpenSearch, Robots, Sitemap, SitemapFile
from books.views.series import SeriesDetail, SeriesList
from books.views.topics import Refresh, TopicDetail, TopicList
from books.views.upload_detail import UploadDetail


class IdConverter(StringConverter):
    """A row's id: ASCII digits, few enough for a database."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value)

    def to_url(self, value: int) -> str:  # type: ignore[override]
        return str(value)


PARTS = {
    "topic": r"[\w-]+",  # a slug, in any script
    "key": KEY,  # of a job, as the client has chosen it
    "citation": "|".join(map(re.escape, CITATIONS)),  # the extension of a file that cites one book
    "fingerprint": fingerprint.SHAPE,
}
register_converter(IdConverter, "id")
for name, regex in PARTS.items():
    register_converter(type(name, (StringConverter,), {"regex": regex}), name)

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("settings/", CatalogueSettings.as_view(), name="settings"),
    path("books/", BookList.as_view(), name="book_list"),
    path("books/new/", BookNew.as_view(), name="book_new"),
    path("books/<id:pk>/", BookDetail.as_view(), name="book_detail"),
    path("books/<id:pk>.<citation:extension>", Citation.as_view(), name="book_citation"),
    path("books/<id:pk>/edit/", BookEdit.as_view(), name="book_edit"),
    path("books/<id:pk>/delete/", BookDelete.as_view(), name="book_delete"),
    path("books/<id:pk>/merge/", BookMerge.as_view(), name="book_merge"),
    path("books/<id:pk>/history/", BookHistory.as_view(), name="book_history"),
    path("books/<id:pk>/history/purge/", HistoryPurge.as_view(), name="history_purge"),
    path("books/<id:pk>/history/<id:change>/undo/", ChangeUndo.as_view(), name="change_undo"),
    path("activity/", Activity.as_view(), name="activity"),
    path("duplicates/", DuplicateList.as_view(), name="duplicate_list"),
    path("duplicates/authors/", AuthorDuplicateList.as_view(), name="author_duplicate_list"),
    path(
        "duplicates/authors/<fingerprint:fingerprint>/", AuthorDuplicateMerge.as_view(), name="author_duplicate_merge"
    ),
    path(
        "duplicates/authors/<fingerprint:fingerprint>/dismiss/",
        DuplicateDismiss.as_view(model=Author, list_name="author_duplicate_list"),
        name="author_duplicate_dismiss",
    ),
    path("duplicates/<fingerprint:fingerprint>/", DuplicateDetail.as_view(), name="duplicate_detail"),
    path(
        "duplicates/<fingerprint:fingerprint>/dismiss/",
        DuplicateDismiss.as_view(model=Book, list_name="duplicate_list"),
        name="duplicate_dismiss",
    ),
    *(
        path(
            f"books.{known.extension}",
            Export.as_view(format=known, query=CsvQuery if name == "csv" else BookQuery),
            name=f"export_{name}",
        )
        for name, known in EXPORT_FORMATS.items()
    ),
    path("authors/", AuthorList.as_view(), name="author_list"),
    path("authors/<id:pk>/", AuthorDetail.as_view(), name="author_detail"),
    path("authors/<id:pk>/edit/", NameEdit.as_view(kind="author"), name="author_edit"),
    path("authors/<id:pk>/history/", NameHistory.as_view(kind="author"), name="author_history"),
    path("series/", SeriesList.as_view(), name="series_list"),
    path("series/<id:pk>/", SeriesDetail.as_view(), name="series_detail"),
    path("series/<id:pk>/edit/", NameEdit.as_view(kind="series"), name="series_edit"),
    path("series/<id:pk>/history/", NameHistory.as_view(kind="series"), name="series_history"),
    path("topics/", TopicList.as_view(), name="topic_list"),
    path("topics/<topic:slug>/", TopicDetail.as_view(), name="topic_detail"),
    path("topics/<topic:slug>/edit/", NameEdit.as_view(kind="topic"), name="topic_edit"),
    path("topics/<topic:slug>/history/", NameHistory.as_view(kind="topic"), name="topic_history"),
    path("name-changes/<id:pk>/undo/", NameUndo.as_view(), name="name_undo"),
    path("refresh/", Refresh.as_view(), name="refresh"),
    path("lookup/", Lookup.as_view(), name="lookup"),
    path("jobs/", JobList.as_view(), name="job_list"),
    path("jobs/events/", JobEvents.as_view(), name="all_job_events"),
    path("jobs/<key:key>/", JobDetail.as_view(), name="job_detail"),
    path("jobs/<key:key>/events/", JobEvents.as_view(), name="job_events"),
    path("jobs/<key:key>/books/", JobBooks.as_view(), name="job_books"),
    path("jobs/<key:key>/cancel/", JobCancel.as_view(), name="job_cancel"),
    path("jobs/<key:key>/retry/", JobRetry.as_view(), name="job_retry"),
    path("jobs/<key:key>/files/<str:name>/", JobFileDownload.as_view(), name="job_file"),
    path("uploads/<id:pk>/", UploadDetail.as_view(), name="upload_detail"),
    path("accounts/", Account.as_view(), name="account"),
    path("accounts/login/", Login.as_view(), name="login"),
    path("accounts/openid/", OpenIdStart.as_view(), name="openid"),
    path("accounts/openid/callback/", OpenIdCallback.as_view(), name="openid_callback"),
    path("accounts/logout/", Logout.as_view(), name="logout"),
    path("accounts/first/", AcceptInvitation.as_view(), name="first_account"),
    path("accounts/invitation/", AcceptInvitation.as_view(), name="invitation"),
    path("accounts/invitations/<id:pk>/withdraw/", InvitationWithdraw.as_view(), name="invitation_withdraw"),
    path("accounts/people/", PeopleList.as_view(), name="people"),
    path("accounts/people/<id:pk>/", PersonDetail.as_view(), name="person"),
    path("accounts/people/<id:pk>/password-link/", PasswordLink.as_view(), name="password_link"),
    path("accounts/new-password/", NewPassword.as_view(), name="new_password"),
    path("accounts/password/", PasswordChange.as_view(), name="password_change"),
    path("accounts/tokens/", TokenList.as_view(), name="token_list"),
    path("accounts/tokens/<id:pk>/", TokenDetail.as_view(), name="token_detail"),
    path("accounts/tokens/<id:pk>/revoke/", TokenRevoke.as_view(), name="token_revoke"),
    *(
        each
        for name, style in {"opds": opds, "opds2": opds2}.items()
        for each in (
            path(name, OpdsStart.as_view(style=style), name=f"{name}_without_slash"),  # not all apps follow redirects
            path(f"{name}/", OpdsStart.as_view(style=style), name=name),
            path(f"{name}/books/", OpdsBooks.as_view(style=style), name=f"{name}_books"),
            path(f"{name}/books/<id:pk>/", OpdsBook.as_view(style=style), name=f"{name}_book"),
            path(f"{name}/authors/", OpdsAuthors.as_view(style=style), name=f"{name}_authors"),
            path(f"{name}/series/", OpdsSeries.as_view(style=style), name=f"{name}_series"),
            path(f"{name}/topics/", OpdsTopics.as_view(style=style), name=f"{name}_topics"),
        )
    ),
    path("opensearch.xml", OpenSearch.as_view(), name="opensearch"),
    path("robots.txt", Robots.as_view(), name="robots"),
    path("sitemap.xml", Sitemap.as_view(), name="sitemap"),
    *(
        path(f"sitemap-{kind}-<id:pk>.xml", SitemapFile.as_view(pages=pages), name=f"sitemap_{kind}")
        for kind, pages in PAGES.items()
    ),
    path("openapi.json", OpenApi.as_view(), name="openapi"),
    path("health_check/", HealthCheck.as_view(), name="health_check"),
    path("health_check/live/", HealthCheckLive.as_view(), name="health_check_live"),
]
if settings.LAB:
    urlpatterns += [
        path("lab/", Lab.as_view(), name="lab"),
        path("lab/<str:case>/", LabCase.as_view(), name="lab_case"),
    ]
