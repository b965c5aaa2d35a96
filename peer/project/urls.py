"""Where everything stands. Patterns that a feature brings come first, so that they may shadow."""

from django.conf import settings
from django.urls import include, path

from . import views

AUTH = settings.URL_PREFIX
REGISTRATION = settings.REGISTRATION_PREFIX

urlpatterns = [
    path(
        "password-reset/confirm/<uidb64>/<token>/",
        views.reset_page,
        name="password_reset_confirm",
    ),
]

if "example" in settings.FEATURES:
    urlpatterns += [path("protected/", views.Protected.as_view())]

if "registration" in settings.FEATURES:
    from allauth.account.views import ConfirmEmailView

    urlpatterns += [
        # Before the registration's own address of this name, which has no page. Of several
        # addresses with one name the last makes the link, so allauth's own go first.
        path("accounts/", include("allauth.urls")),
        path(
            f"{REGISTRATION}account-confirm-email/<str:key>/",
            ConfirmEmailView.as_view(),
            name="account_confirm_email",
        ),
        path(REGISTRATION, include("dj_rest_auth.registration.urls")),
    ]

if "social" in settings.FEATURES:
    from . import social

    urlpatterns += social.urlpatterns

if "rownd" in settings.FEATURES:
    urlpatterns += [path("rownd/", include("rownd_django.auth.urls", namespace="rownd"))]

urlpatterns += [path(AUTH, include("dj_rest_auth.urls"))]
