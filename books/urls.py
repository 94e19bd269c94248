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
from books.views import (
    accounts,
    activity,
    author_duplicates,
    authors,
    book_detail,
    book_forms,
    book_list,
    catalogue,
    duplicates,
    exports,
    feeds,
    health,
    history,
    home,
    jobs,
    lab,
    login,
    lookup,
    names,
    openid,
    people,
    robots,
    series,
    topics,
    upload_detail,
)


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
    path("", home.Home.as_view(), name="home"),
    path("settings/", catalogue.CatalogueSettings.as_view(), name="settings"),
    path("books/", book_list.BookList.as_view(), name="book_list"),
    path("books/new/", book_forms.BookNew.as_view(), name="book_new"),
    path("books/<id:pk>/", book_detail.BookDetail.as_view(), name="book_detail"),
    path("books/<id:pk>.<citation:extension>", exports.Citation.as_view(), name="book_citation"),
    path("books/<id:pk>/edit/", book_forms.BookEdit.as_view(), name="book_edit"),
    path("books/<id:pk>/delete/", book_forms.BookDelete.as_view(), name="book_delete"),
    path("books/<id:pk>/merge/", duplicates.BookMerge.as_view(), name="book_merge"),
    path("books/<id:pk>/history/", history.BookHistory.as_view(), name="book_history"),
    path("books/<id:pk>/history/purge/", history.HistoryPurge.as_view(), name="history_purge"),
    path("books/<id:pk>/history/<id:change>/undo/", history.ChangeUndo.as_view(), name="change_undo"),
    path("activity/", activity.Activity.as_view(), name="activity"),
    path("duplicates/", duplicates.DuplicateList.as_view(), name="duplicate_list"),
    path("duplicates/authors/", author_duplicates.AuthorDuplicateList.as_view(), name="author_duplicate_list"),
    path(
        "duplicates/authors/<fingerprint:fingerprint>/",
        author_duplicates.AuthorDuplicateMerge.as_view(),
        name="author_duplicate_merge",
    ),
    path(
        "duplicates/authors/<fingerprint:fingerprint>/dismiss/",
        duplicates.DuplicateDismiss.as_view(model=Author, list_name="author_duplicate_list"),
        name="author_duplicate_dismiss",
    ),
    path("duplicates/<fingerprint:fingerprint>/", duplicates.DuplicateDetail.as_view(), name="duplicate_detail"),
    path(
        "duplicates/<fingerprint:fingerprint>/dismiss/",
        duplicates.DuplicateDismiss.as_view(model=Book, list_name="duplicate_list"),
        name="duplicate_dismiss",
    ),
    *(
        path(
            f"books.{known.extension}",
            exports.Export.as_view(format=known, query=CsvQuery if name == "csv" else BookQuery),
            name=f"export_{name}",
        )
        for name, known in EXPORT_FORMATS.items()
    ),
    path("authors/", authors.AuthorList.as_view(), name="author_list"),
    path("authors/<id:pk>/", authors.AuthorDetail.as_view(), name="author_detail"),
    path("authors/<id:pk>/edit/", names.NameEdit.as_view(kind="author"), name="author_edit"),
    path("authors/<id:pk>/history/", names.NameHistory.as_view(kind="author"), name="author_history"),
    path("series/", series.SeriesList.as_view(), name="series_list"),
    path("series/<id:pk>/", series.SeriesDetail.as_view(), name="series_detail"),
    path("series/<id:pk>/edit/", names.NameEdit.as_view(kind="series"), name="series_edit"),
    path("series/<id:pk>/history/", names.NameHistory.as_view(kind="series"), name="series_history"),
    path("topics/", topics.TopicList.as_view(), name="topic_list"),
    path("topics/<topic:slug>/", topics.TopicDetail.as_view(), name="topic_detail"),
    path("topics/<topic:slug>/edit/", names.NameEdit.as_view(kind="topic"), name="topic_edit"),
    path("topics/<topic:slug>/history/", names.NameHistory.as_view(kind="topic"), name="topic_history"),
    path("name-changes/<id:pk>/undo/", names.NameUndo.as_view(), name="name_undo"),
    path("refresh/", topics.Refresh.as_view(), name="refresh"),
    path("lookup/", lookup.Lookup.as_view(), name="lookup"),
    path("jobs/", jobs.JobList.as_view(), name="job_list"),
    path("jobs/events/", jobs.JobEvents.as_view(), name="all_job_events"),
    path("jobs/<key:key>/", jobs.JobDetail.as_view(), name="job_detail"),
    path("jobs/<key:key>/events/", jobs.JobEvents.as_view(), name="job_events"),
    path("jobs/<key:key>/books/", jobs.JobBooks.as_view(), name="job_books"),
    path("jobs/<key:key>/cancel/", jobs.JobCancel.as_view(), name="job_cancel"),
    path("jobs/<key:key>/retry/", jobs.JobRetry.as_view(), name="job_retry"),
    path("jobs/<key:key>/files/<str:name>/", jobs.JobFileDownload.as_view(), name="job_file"),
    path("uploads/<id:pk>/", upload_detail.UploadDetail.as_view(), name="upload_detail"),
    path("accounts/", accounts.Account.as_view(), name="account"),
    path("accounts/login/", login.Login.as_view(), name="login"),
    path("accounts/openid/", openid.OpenIdStart.as_view(), name="openid"),
    path("accounts/openid/callback/", openid.OpenIdCallback.as_view(), name="openid_callback"),
    path("accounts/logout/", login.Logout.as_view(), name="logout"),
    path("accounts/first/", accounts.AcceptInvitation.as_view(), name="first_account"),
    path("accounts/invitation/", accounts.AcceptInvitation.as_view(), name="invitation"),
    path("accounts/invitations/<id:pk>/withdraw/", people.InvitationWithdraw.as_view(), name="invitation_withdraw"),
    path("accounts/people/", people.PeopleList.as_view(), name="people"),
    path("accounts/people/<id:pk>/", people.PersonDetail.as_view(), name="person"),
    path("accounts/people/<id:pk>/password-link/", people.PasswordLink.as_view(), name="password_link"),
    path("accounts/new-password/", accounts.NewPassword.as_view(), name="new_password"),
    path("accounts/password/", accounts.PasswordChange.as_view(), name="password_change"),
    path("accounts/tokens/", accounts.TokenList.as_view(), name="token_list"),
    path("accounts/tokens/<id:pk>/", accounts.TokenDetail.as_view(), name="token_detail"),
    path("accounts/tokens/<id:pk>/revoke/", accounts.TokenRevoke.as_view(), name="token_revoke"),
    *(
        each
        for name, style in {"opds": opds, "opds2": opds2}.items()
        for each in (
            path(
                name, feeds.OpdsStart.as_view(style=style), name=f"{name}_without_slash"
            ),  # some apps follow no redirects
            path(f"{name}/", feeds.OpdsStart.as_view(style=style), name=name),
            path(f"{name}/books/", feeds.OpdsBooks.as_view(style=style), name=f"{name}_books"),
            path(f"{name}/books/<id:pk>/", feeds.OpdsBook.as_view(style=style), name=f"{name}_book"),
            path(f"{name}/authors/", feeds.OpdsAuthors.as_view(style=style), name=f"{name}_authors"),
            path(f"{name}/series/", feeds.OpdsSeries.as_view(style=style), name=f"{name}_series"),
            path(f"{name}/topics/", feeds.OpdsTopics.as_view(style=style), name=f"{name}_topics"),
        )
    ),
    path("opensearch.xml", robots.OpenSearch.as_view(), name="opensearch"),
    path("robots.txt", robots.Robots.as_view(), name="robots"),
    path("sitemap.xml", robots.Sitemap.as_view(), name="sitemap"),
    *(
        path(f"sitemap-{kind}-<id:pk>.xml", robots.SitemapFile.as_view(pages=pages), name=f"sitemap_{kind}")
        for kind, pages in PAGES.items()
    ),
    path("openapi.json", robots.OpenApi.as_view(), name="openapi"),
    path("health_check/", health.HealthCheck.as_view(), name="health_check"),
    path("health_check/live/", health.HealthCheckLive.as_view(), name="health_check_live"),
]
if settings.LAB:
    urlpatterns += [
        path("lab/", lab.Lab.as_view(), name="lab"),
        path("lab/<str:case>/", lab.LabCase.as_view(), name="lab_case"),
    ]
