"""A Django project around dj-rest-auth, whose every setting can be overridden by one JSON file."""
