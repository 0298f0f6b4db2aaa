"""Webhooks are signed: X-Signature is the HMAC-SHA256 of the content, in hexadecimal."""

import hashlib
import hmac


def sign(secret: bytes, content: bytes) -> str:
    return hmac.new(secret, content, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, content: bytes, signature: str | None) -> bool:
    return hmac.compare_digest(sign(secret, content), signature or "")
