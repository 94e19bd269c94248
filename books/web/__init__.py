"""Everything between a request and its view. Views import the most common names from here."""

from books.web.authentication import RequestUser
from books.web.negotiation import HTML, JSON, TEXT, HTTPError, SeeOther, errors_of, json_response, page, valid
from books.web.permissions import ADD, ANYBODY, CHANGE, DELETE, OWN_ACCOUNT, PEOPLE, READ, START_JOB, amay, arequire
