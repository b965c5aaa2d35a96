"""The two pages of the project itself."""

from django.http import HttpResponse
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class Protected(APIView):
    """A view of the host application: tells the caller who it is taken for."""

    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"user": str(request.user), "auth": str(request.auth)})

    post = get


def reset_page(request, uidb64, token):
    """Where the link of a reset mail leads: a front end's page, of which only the address matters."""
    return HttpResponse("A front end asks for the new password here.\n", content_type="text/plain")
