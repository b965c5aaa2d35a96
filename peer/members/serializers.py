"""What dj-rest-auth's documentation tells such projects to write: sources in the profile, saved by hand."""

from dj_rest_auth.registration import serializers as registration
from dj_rest_auth.serializers import UserDetailsSerializer as Details
from rest_framework import serializers

from .models import SIZES

OWN = ["size", "birthday", "newsletter", "motto", "age", "badge", "number"]
PROFILE = ["company_name", "employees"]


def save_profile(member, values):
    for name, value in values.items():
        setattr(member.userprofile, name, value)
    member.userprofile.save()


class RegisterSerializer(registration.RegisterSerializer):
    size = serializers.ChoiceField(choices=SIZES, required=False)
    birthday = serializers.DateField(required=False, allow_null=True)
    newsletter = serializers.BooleanField(required=False)
    motto = serializers.CharField(max_length=40, required=False, allow_blank=True)
    age = serializers.IntegerField(min_value=0, max_value=150, required=False, allow_null=True)
    company_name = serializers.CharField(max_length=80, source="userprofile.company_name")
    employees = serializers.IntegerField(
        min_value=0, max_value=150, source="userprofile.employees", required=False, allow_null=True
    )

    def custom_signup(self, request, user):
        for name in OWN:
            if name in self.validated_data:
                setattr(user, name, self.validated_data[name])
        user.save()
        save_profile(user, self.validated_data.get("userprofile", {}))


class UserDetailsSerializer(Details):
    company_name = serializers.CharField(max_length=80, source="userprofile.company_name")
    employees = serializers.IntegerField(
        min_value=0, max_value=150, source="userprofile.employees", required=False, allow_null=True
    )

    class Meta(Details.Meta):
        fields = [*Details.Meta.fields, *OWN, *PROFILE]
        read_only_fields = ["email", "number"]

    def update(self, instance, validated_data):
        profile = validated_data.pop("userprofile", {})
        instance = super().update(instance, validated_data)
        save_profile(instance, profile)
        return instance
