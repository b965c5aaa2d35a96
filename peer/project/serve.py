"""`peer serve`: migrates, then serves on 127.0.0.1 until SIGTERM or Ctrl-C."""

import sys
from pathlib import Path

import django
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication


class Server(BaseApplication):
    """gunicorn with threads, configured from here and from nowhere else."""

    def __init__(self, options):
        self.options = options
        super().__init__()

    def load_config(self):
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self):
        return get_wsgi_application()


def main():
    port, workers, threads = (int(argument) for argument in sys.argv[1:])
    django.setup()
    from .database import prepare

    prepare()
    options = {
        "bind": f"127.0.0.1:{port}",
        "worker_class": "gthread",
        "workers": workers,
        "threads": threads,
        "preload_app": True,
        "graceful_timeout": 2,
        # Forwarded headers reach Django as they came, whoever sent them.
        "forwarded_allow_ips": "",
        "loglevel": "warning",
    }
    if Path("/dev/shm").is_dir():
        options["worker_tmp_dir"] = "/dev/shm"
    Server(options).run()


if __name__ == "__main__":
    main()
