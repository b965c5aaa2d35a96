"""Mail as files, the way rest-auth's file backend keeps it."""

import itertools
import os
import time
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

_number = itertools.count(1)


class FolderBackend(BaseEmailBackend):
    """One raw RFC 5322 file per mail; the names sort in the order of sending."""

    def send_messages(self, messages):
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = f"{time.time_ns():020}-{os.getpid()}-{next(_number):04}.eml"
            # Written aside and renamed, so that a reader never meets half a mail.
            part = folder / f".{name}"
            part.write_bytes(message.message().as_bytes(linesep="\r\n"))
            part.rename(folder / name)
        return len(messages)
