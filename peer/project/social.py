"""A login and a connect view for each provider that SOCIALACCOUNT_PROVIDERS names, and the two views of accounts."""

from allauth.socialaccount.providers.discord.views import DiscordOAuth2Adapter
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.gitlab.views import GitLabOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.socialaccount.providers.twitter.views import TwitterOAuthAdapter
from dj_rest_auth.registration import views
from dj_rest_auth.social_serializers import TwitterConnectSerializer, TwitterLoginSerializer
from django.conf import settings
from django.urls import path
from recorder.providers import Providers


if settings.SOCIAL_ANSWERS:
    Providers().rules = settings.SOCIAL_ANSWERS


class CompanyAdapter(OpenIDConnectOAuth2Adapter):
    """An OpenID provider has a name of its own, which a view must say."""

    provider_id = "openid_connect"

    def __init__(self, request):
        provider = settings.SOCIALACCOUNT_PROVIDERS[self.provider_id]
        super().__init__(request, provider["APP"]["provider_id"])


ADAPTERS = {
    "discord": DiscordOAuth2Adapter,
    "facebook": FacebookOAuth2Adapter,
    "github": GitHubOAuth2Adapter,
    "gitlab": GitLabOAuth2Adapter,
    "google": GoogleOAuth2Adapter,
    "openid_connect": CompanyAdapter,
    "twitter": TwitterOAuthAdapter,
}


def view(provider, base, oauth1_serializer):
    """A view of dj-rest-auth, as a project makes one for a provider."""
    attributes = {"adapter_class": ADAPTERS[provider]}
    if provider == "twitter":
        attributes["serializer_class"] = oauth1_serializer
    else:
        attributes["client_class"] = OAuth2Client
    if callback_url := settings.SOCIAL_CALLBACK_URLS.get(provider):
        attributes["callback_url"] = callback_url
    return type(base.__name__.removesuffix("View"), (base,), attributes).as_view()


urlpatterns = [
    path("socialaccounts/", views.SocialAccountListView.as_view(), name="social_account_list"),
    path(
        "socialaccounts/<int:pk>/disconnect/",
        views.SocialAccountDisconnectView.as_view(),
        name="social_account_disconnect",
    ),
]
for provider in settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns += [
        path(
            f"{settings.URL_PREFIX}{provider}/",
            view(provider, views.SocialLoginView, TwitterLoginSerializer),
        ),
        path(
            f"{settings.URL_PREFIX}{provider}/connect/",
            view(provider, views.SocialConnectView, TwitterConnectSerializer),
        ),
    ]
