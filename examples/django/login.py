"""Asks Django's own `authenticate`: python login.py USERNAME VARIABLE, the variable holding the password."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "news.settings")
django.setup()

from django.contrib.auth import authenticate  # noqa: E402  Django has to be set up first

user = authenticate(username=sys.argv[1], password=os.environ[sys.argv[2]])
if user is None:
    print("refused")
else:
    groups = ", ".join(user.groups.order_by("name").values_list("name", flat=True)) or "none"
    print(f"logged in: {user.get_full_name()}, superuser: {user.is_superuser}, groups: {groups}")
