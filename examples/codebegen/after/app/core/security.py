"""Clients show the token $API_TOKEN."""

import os
from secrets import compare_digest

from fastapi import Header, HTTPException


def authorized(authorization: str = Header(default="")) -> None:
    if not compare_digest(authorization, "Bearer " + os.environ["API_TOKEN"]):
        raise HTTPException(401, "a token is missing, or it is another")
