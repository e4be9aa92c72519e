"""Hashes that the applications' own libraries made of one password, at little cost; none was made by our code."""

from __future__ import annotations

PASSWORD = "pässword ✓"
# bcrypt 5.0.0: hashpw with gensalt(4), and with its prefix 2a.
BCRYPT = (
    "$2b$04$RNIoEkRtFlC3litlOSBaKeg6WsApwkWjxMEUICtpkxqB4Z15fgIQG",
    "$2a$04$N/55a2Y2aVdL/sLdiQ.VU.etNOjPrR3ieFPSPg9uWz8nDSarx.K2e",
)
# argon2-cffi 25.1.0: PasswordHasher(1, 64, 1), and with the types I and D.
ARGON2 = (
    "$argon2id$v=19$m=64,t=1,p=1$3lmzeUn+YnD65J6S/zVugA$A6ys1vlYDSWfT/1FtziIMlBqwZFvpOf/gJh2bLSWnTc",
    "$argon2i$v=19$m=64,t=1,p=1$jFz1k+moCXMiXSqahGNlUA$MUtgUlgOOXaSafN/HX3g8q+UtaHpper49hCet5auOlM",
    "$argon2d$v=19$m=64,t=1,p=1$o4vgSKf4rujJlR21LR667A$diEKOFnnl3aEU7HTEw3jrjqwKYz7IWnDxBkIvP03Yns",
)
# libpass 1.9.4: passlib.hash.scrypt with rounds 4, and pbkdf2_sha256, pbkdf2_sha512 with rounds 1000.
SCRYPT = ("$scrypt$ln=4,r=8,p=1$tLb2XguhNMZYy7lXqvWe8w$6ati/gCQFfTLTA/w2nNfwvUrIwUAyefMChXlcbaErCc",)
PBKDF2 = (
    "$pbkdf2-sha256$1000$AWCM0dobg5ASAgDgXAsh5A$Omi7XIHl4KO8/Q2ieD0OsyMG.k8PsiLPlGjgp3gvFNQ",
    (
        "$pbkdf2-sha512$1000$aG2NkTJGqFWqNSYkZCzFmA"
        "$SXu6eoj3cGL9R63ioN1RAuaeAbBYH6qYriLv14HO4TrByvD7x4q.3hH/zvsEYfdr7v2GQJ.0fZAMTBAozDgABw"
    ),
)
# Django 6.1.3: the encode of each hasher in django.contrib.auth.hashers, its work factor lowered.
DJANGO = (
    "pbkdf2_sha256$1000$a9BBOm4gw9mi5CmBBMxeQz$mwhysaDcfGsNI2sAXHpc5aBiIYxzCgZJmLK4/zdD4Tw=",
    "pbkdf2_sha1$1000$byfJRW2yq37IRYDVXpbhZL$G3NGebylYkD7yLW9wR1K5h0hM1g=",
    "bcrypt_sha256$$2b$04$GcNSFt5MgjKFc7aR2kIxDO2HD/Cc3pGNJSp/MsJSYOjhtgk4fACVi",
    "bcrypt$$2b$04$k7uKBMewhAK3F40GcxnAgeWaq.lkXQhVl.ZM8pwjSn1PI1jBMLv5O",
    "argon2$argon2id$v=19$m=64,t=1,p=1$Z1hJN2pRa3JTR0M5UVJHWDVLc2JLMQ$fyakUX6ykD0/PJJ2qDJVzPIT0/SIG+r2PXwrFzD3QYA",
    (
        "scrypt$16$010OiZay2nHOjBsx2jThGF$8$5"
        "$yM/LnsvcYF4V22uUyovDbiVULtIF5IOIbz+PwJct7DzvPvDFSjL5zVNZmSpCdPdjMHs51C3NOCNCwgdJaH4ywg=="
    ),
)
# Django 6.1.3: make_password(None).
UNUSABLE = "!sv7VOuRzWKToMVV5YRQn6B2gcEjGbJV2JiOPrOMp"
# Werkzeug 3.1.9: generate_password_hash with these methods, the last one being its default.
WERKZEUG = (
    (
        "scrypt:1024:8:1$0LKrCLpZKMS7Sv6k"
        "$96696f5de6ed6d5eb88d9499e5588fda3e52952006210b37ef6b7b2c39bfaf3c"
        "13e9ee1d6de2aca057e3b035f4e35b79ba63da6b4ba1663a6b7879c7a18db20c"
    ),
    "pbkdf2:sha256:1000$my452c0QkCYMscM3$b8ea2d5c847739f0e7b886cc511da87e6cff8ee65b3eb583a5d499907a102d83",
    (
        "pbkdf2:sha512:1000$c8wEs3cAHhlWDqAd"
        "$a8c242dcce10a7756781c56003d2ba43105f3fd32a3e114d4564054efa972c86"
        "ca94262c9e69d26ccd11c9d0c950fba589566d2595474d14618fed1e20d2ca0d"
    ),
    "pbkdf2:sha1:1000$UaQdAYWKHXIpVdIo$4b37c49a66a26c90a4499c3d1ade6d071308d908",
    (
        "scrypt:32768:8:1$dFJ60os1rsGLW4T4"
        "$e3efe75e466d7c0fb2e3c50a50bd17391058f06c725691b322ba4f750dd60ec7"
        "ad155f7e9467d6691b4ba25af1563949dfd597e2c0c2b1b96de5e4a920054e44"
    ),
)
VECTORS = {
    "bcrypt": BCRYPT,
    "argon2": ARGON2,
    "scrypt": SCRYPT,
    "pbkdf2": PBKDF2,
    "django": DJANGO,
    "werkzeug": WERKZEUG,
}
ALL = tuple((codec, stored) for codec, several in VECTORS.items() for stored in several)
