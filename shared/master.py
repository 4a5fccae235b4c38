"""The master key, under which the vault's keys lie: of the settings, or of a file that only we may read."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.settings import MASTER_KEY_BYTES, SettingError, Settings, secret_file

MASTER_KEY_FILE = "master.key"


def master_key(settings: Settings) -> bytes:
    """The master key of the settings, else of `master.key` in the data folder, which is made where it is missing.

    SettingError when others than its owner may read the file, or when it does not hold a key.
    """
    if settings.master_key is not None:
        return settings.master_key
    path = settings.data / MASTER_KEY_FILE
    content = secret_file(path, lambda: base64.b64encode(os.urandom(MASTER_KEY_BYTES)) + b"\n")
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise SettingError(f"{path} must hold {MASTER_KEY_BYTES} bytes in base64.")
    return key


def has_master_key(settings: Settings) -> bool:
    """Whether there is one already, so that none would be made."""
    return settings.master_key is not None or (settings.data / MASTER_KEY_FILE).exists()


def derived(master_key: bytes, purpose: bytes) -> bytes:
    """A key of the vault's for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tallyline vault: " + purpose).derive(master_key)
