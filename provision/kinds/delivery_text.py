"""The types of text that the places of delivery ask for, each in the form that its own rules give."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from provision.kinds.unfit import distinct

# They keep to what means the same to Rust, ECMAScript and Python, as in provision.kinds.text.
_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# kubernetes.io, "Object Names and IDs": RFC 1123 label and subdomain names.
KUBERNETES_LABEL_PATTERN = f"^{_LABEL}$"
KUBERNETES_NAME_PATTERN = rf"^{_LABEL}(\.{_LABEL})*$"
# kubernetes.io, "Secrets", and IsConfigMapKey in apimachinery: a key is a file's name when it is mounted, so it is
# neither . nor .. and does not begin with two dots.
KUBERNETES_KEY_PATTERN = r"^\.?[-_A-Za-z0-9][-._A-Za-z0-9]*$"
# C2SP, "age": Bech32 of 32 bytes; RFC 4253, section 6.6, and RFC 8709, section 4: each public key begins with its
# type's name, whose length stands before it. A comment may follow, as in ~/.ssh/*.pub.
_AGE = "age1[02-9ac-hj-np-z]{58}"
_ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}"
_RSA = "ssh-rsa AAAAB3NzaC1yc2EA[A-Za-z0-9+/]+={0,2}"
RECIPIENT_PATTERN = rf"^({_AGE}|({_ED25519}|{_RSA})( [^\u0000-\u001f\u007f]*)?)$"
# What the toolkit of GitHub Actions takes for the name of an output ("Metadata syntax", outputs.<output_id>).
OUTPUT_PATTERN = "^[A-Za-z_][A-Za-z0-9_-]*$"
ARGUMENT_PATTERN = r"^[^\u0000]+$"
ENTRY_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]+$"

# What to say when a pattern does not match: (message, hint).
DELIVERY_MEANINGS = {
    KUBERNETES_LABEL_PATTERN: (
        "not the name of a Kubernetes namespace",
        "lower-case letters, digits and dashes, beginning and ending with a letter or digit",
    ),
    KUBERNETES_NAME_PATTERN: (
        "not the name of a Kubernetes object",
        "lower-case letters, digits, dashes and dots; every part begins and ends with a letter or digit",
    ),
    KUBERNETES_KEY_PATTERN: (
        "not a key of a Kubernetes Secret",
        "letters, digits, dashes, underscores and dots, not beginning with two dots",
    ),
    RECIPIENT_PATTERN: (
        "not a public key that age encrypts to",
        "write the public key: age1…, ssh-ed25519 AAAA…, or ssh-rsa AAAA…",
    ),
    OUTPUT_PATTERN: (
        "not the name of an output",
        "letters, digits, dashes and underscores, beginning with a letter or an underscore",
    ),
    ARGUMENT_PATTERN: ("not an argument of a command", "write one text without NUL, and leave out empty ones"),
    ENTRY_PATTERN: ("not the name of an entry", "write it without control characters"),
}

KubernetesLabel = Annotated[str, StringConstraints(max_length=63, pattern=KUBERNETES_LABEL_PATTERN)]
KubernetesName = Annotated[str, StringConstraints(max_length=253, pattern=KUBERNETES_NAME_PATTERN)]
KubernetesKey = Annotated[str, StringConstraints(max_length=253, pattern=KUBERNETES_KEY_PATTERN)]
Recipient = Annotated[str, StringConstraints(max_length=4096, pattern=RECIPIENT_PATTERN)]
Recipients = Annotated[
    list[Recipient],
    Field(min_length=1, max_length=64, json_schema_extra={"uniqueItems": True}),
    AfterValidator(distinct),
]
OutputName = Annotated[str, StringConstraints(max_length=128, pattern=OUTPUT_PATTERN)]
Argument = Annotated[str, StringConstraints(max_length=4096, pattern=ARGUMENT_PATTERN)]
Command = Annotated[list[Argument], Field(min_length=1, max_length=64)]
EntryName = Annotated[str, StringConstraints(max_length=128, pattern=ENTRY_PATTERN)]
