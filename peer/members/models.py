"""The user model, its manager, and the profile that a signal makes for each account."""

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver

SIZES = [(1, "Small"), (2, "Large")]
AGES = [MinValueValidator(0), MaxValueValidator(150)]


class MemberManager(BaseUserManager):
    def create_user(self, nickname, email="", password=None, **fields):
        member = self.model(nickname=nickname, email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractUser):
    username = None
    nickname = models.CharField(max_length=150, unique=True)
    size = models.IntegerField(choices=SIZES, default=1)
    birthday = models.DateField(null=True, blank=True)
    newsletter = models.BooleanField(default=False)
    motto = models.CharField(max_length=40, blank=True)
    age = models.IntegerField(null=True, blank=True, validators=AGES)
    badge = models.CharField(max_length=10, null=True, unique=True)
    number = models.IntegerField(default=7)

    USERNAME_FIELD = "nickname"
    REQUIRED_FIELDS = []
    objects = MemberManager()


class UserProfile(models.Model):
    user = models.OneToOneField(Member, on_delete=models.CASCADE)
    company_name = models.CharField(max_length=80)
    employees = models.IntegerField(null=True, blank=True, validators=AGES)


@receiver(post_save, sender=Member)
def make_profile(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        UserProfile.objects.create(user=instance)
