"""What projects with such a user model put in place of dj-rest-auth's serializers."""

from dj_rest_auth.registration import serializers as registration
from rest_framework import serializers

from .models import GENDERS, User


class RegisterSerializer(registration.RegisterSerializer):
    username = None  # the model has none
    gender = serializers.ChoiceField(choices=GENDERS)
    phone_number = serializers.CharField(max_length=30)

    def custom_signup(self, request, user):
        user.gender = self.validated_data["gender"]
        user.phone_number = self.validated_data["phone_number"]
        user.save(update_fields=["gender", "phone_number"])


class UserDetailsSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["pk", "email", "phone_number", "gender"]
        read_only_fields = ["pk", "email", "phone_number"]
