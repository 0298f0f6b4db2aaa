"""Reads insurance certificates with the recognition API."""
import base64
import json
import os

import requests

MODEL = os.environ.get("GEMINI_MODEL", "gemini-1.5-flash")
URL = os.environ.get("GEMINI_URL", "https://generativelanguage.googleapis.com") + f"/v1beta/models/{MODEL}:generateContent"
PROMPT = "Return the policy number, holder, insurer and last day of this insurance certificate as one JSON object."


class Refused(Exception):
    """The recognition API did not answer with a certificate."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def headers():
    return {"x-goog-api-key": os.environ["GEMINI_API_KEY"]}


def question(content):
    document = {"mime_type": "application/pdf", "data": base64.b64encode(content).decode()}
    return {"contents": [{"parts": [{"text": PROMPT}, {"inline_data": document}]}]}


def fields(answer):
    """What stands in the certificate."""
    return json.loads(answer["candidates"][0]["content"]["parts"][0]["text"])


def refusal(status, answer):
    return Refused(status, answer.get("error", {}).get("message", f"the recognition API answered {status}"))


def extract(path):
    with open(path, "rb") as file:
        content = file.read()
    response = requests.post(URL, headers=headers(), json=question(content), timeout=60)
    if response.status_code != 200:
        raise refusal(response.status_code, response.json())
    return fields(response.json())
