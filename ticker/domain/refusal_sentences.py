"""Sentences about a request that is refused, which the console shows, by their codes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, str]] = {
    # Items.
    "duplicate": (
        "an identical item is live or scheduled already: {existing}; `force` publishes it anyway"
    ),
    "stale": "the {what} is now at version {current}; read it again",
    "unread": (
        "send If-Match with the version of the draft that you have read: an approval is for that "
        "text"
    ),
    "no-item": "there is no item {id}",
    "replaced-before": "the item was published again before, as {id}",
    "unreadable-item": "the stored record of item {id} cannot be read; it can be retracted",
    "over": "the item is {named}; publish a new one instead",
    "no-proposal": "the item has no proposed change",
    "not-scheduled": "the item is {named}; only the time of a scheduled item can be changed",
    "approved-before": "{person} has approved it already; the item is {named}",
    "no-draft": "the item is {named}; only a draft can be approved",
    "draft-expired": "the draft's expiry has passed; change it first",
    "proposal-expired": "the expiry of the proposed change has passed; change it first",
    "second-person": "a {level} needs a second person; {objection}",
    "second-person-change": "a change of a {level} needs a second person; {objection}",
    "you-set-feed": (
        "you have set the address of its feed, or made the key or password of who did"
    ),
    "you-are-author": "you are an author, or have made the key or password of one",
    "author-made-password": "{person}, an author, made your password; change it first",
    "author-made-key": "{person}, an author, made your key",
    "rights-too-new": (
        "your rights, key or password are from {given}; for this they must be {hours} hours old"
    ),
    "not-live-to-pin": "the item is {named}; only a live item can be pinned",
    "not-scheduled-to-release": "the item is {named}; only a scheduled item can be released",
    "not-live-to-end": "the item is {named}; only a live item can be ended",
    "too-many-versions": "the item has had {most} versions; publish a new one",
    "picture-removed": "the picture {id} was removed; take it out of the item first",
    "busy-item": "many editors are changing this item at once; try again",
    "key-used": "this Idempotency-Key was used for another request; take a new one",
    # Rights.
    "no-permission": ("a key with role {role} may not {act}; this needs role {needed}"),
    "other-edition": "this key is for edition {known} only, not for {edition}",
    "all-editions": "this key is for edition {known} only; this belongs to all editions",
    # Sign-in.
    "no-key": "send an editor key as Authorization: Bearer tk_…",
    "malformed-key": "invalid editor key; send Bearer tk_ and 32 characters",
    "unknown-key": "unknown, revoked or expired editor key",
    "session-ended": "your session has ended; sign in again",
    "wrong-password": "the name or the password is wrong",
    "code-asked": "enter the code that your authenticator app shows",
    "code-wrong": "the code is wrong or too old; enter the one that is shown now",
    "code-used": "the code has been used already; wait for the next one",
    "key-requests": "you have sent too many requests; wait a moment",
    "sign-in-attempts": "too many attempts to sign in with this name",
    "sign-in-addresses": "too many attempts to sign in with this name from new addresses",
    "wrong-codes": "too many wrong codes for this account",
    "sign-ins-at-once": "too many people sign in at once; try again in a moment",
    "passwords-unchecked": "passwords cannot be checked at the moment; try again",
    "no-such-session": "you have no such session; it may have ended",
    # The own account and others.
    "needs-account": "this needs an account; sign in with a name and a password",
    "codes-on": "the account has one-time codes; a chief can switch them off",
    "no-secret": "there is no new secret to confirm; begin again",
    "secret-changed": "the secret has changed meanwhile; begin again",
    "passkey-not-begun": "no sign-in with a passkey was begun in this browser; try again",
    "passkey-of-another": "this passkey belongs to another account",
    "passkey-twice": "the account has this passkey already",
    "passkeys-full": "the account has {most} passkeys; remove one first",
    "no-passkey": "the account has no such passkey",
    "passkey-answer-used": "this answer, or a newer one, was used already; try again",
    "passkeys-none": "the account has no passkey",
    "passkey-not-own": "this passkey does not belong to this account",
    "passkey-used": "this answer has been used already; try again",
    "passkey-often": "this passkey was used very often; try again in five minutes",
    "passkey-unknown": "no account here has this passkey",
    "passkey-challenge": "it answers no challenge of this newsroom",
    "passkey-late": "it took too long; try again",
    "passkey-too-long": "the device's answer is too long",
    "passkey-unreadable": "the device's answer cannot be read",
    "passkey-frame": "it was asked for in a frame of another site",
    "passkey-whose": "the device has not said whose passkey it is",
    "passkey-refused": "the device's answer does not count: {cause}",
    "passkey-host": ("passkeys need a host with a name, such as localhost, not an IP address"),
    "account-changed": "the account has changed meanwhile; sign in and begin again",
    "password-known": "{people} know your password; change it first",
    "password-given": ("too many people know the password; its owner must change it first"),
    "account-exists": "there is an account {name} already",
    "no-account": "there is no account {name}",
    "no-account-likely": "there is no account {name} (did you mean {likely}?)",
    "account-busy": "others keep changing the account {name}; try again",
    "accounts-full": "there are {most:,} accounts; remove some first",
    "person-name": "a person's name has 1 to {most} characters",
    "own-account-removed": "you cannot remove your own account; another chief can",
    "own-account-disabled": "you cannot disable your own account; another chief can",
    "own-account-password": (
        "this is your own account: change its password on your own page; another chief can switch "
        "its one-time codes off"
    ),
    "account-editions": "you are limited to editions; name those of the account",
    "account-elsewhere": "that account is for editions that you may not change",
    "no-such-key": "there is no key {id}",
    "key-editions": "your key is limited to editions; name the new key's editions",
    "key-elsewhere": "that key is for editions that yours may not change",
    "keys-full": "there are {most:,} keys; revoke some first",
    "editor-name": "an editor's name has 1 to {most} characters",
    "key-expired": "the key would have expired already; give a time in the future",
    # Pictures.
    "no-picture": "there is no picture {id}",
    "picture-gone": "the picture {id} was removed at {at}",
    "picture-taken-down": "the picture {id} was removed; it cannot be uploaded again",
    "picture-changed": "the picture {id} has changed since; try again",
    "picture-being-deleted": "the picture is being deleted; upload it again later",
    "picture-too-large": "the picture is larger than {most:,} bytes",
    "pictures-full": "there are {most:,} pictures; remove some",
    "picture-bytes-full": (
        "all pictures may have {most:,} bytes (`media_bytes_max`), and this one, of {size:,}, is "
        "too much; remove some"
    ),
    "uploads-at-once": "too many pictures are being uploaded; try again",
    "no-picture-store": "this newsroom has no store of pictures; set `media_url`",
    "media-unavailable": "the store of pictures does not answer; try again",
    "disk-full": "the disk of the pictures is full",
    "disk-reserve": "the disk has {free:,} MB left, of which {kept:,} are kept free",
    "disk-low": "the disk has only {free:,} MB left",
    "picture-gone-before": "the picture {id} was removed",
    "picture-kind": "the file is {kind}; save it as JPEG, PNG, WebP or AVIF",
    "picture-heic": (
        "the file is a HEIC picture, as iPhones take them, which browsers cannot show; export it "
        "as JPEG, or set the camera to Most Compatible"
    ),
    "picture-declared": "the file is declared as {declared}, but its content is {content}",
    "picture-pixels": (
        "the picture has {width:,} × {height:,} pixels; at most {millions} million and {side:,} on "
        "a side"
    ),
    "picture-few-pixels": (
        "the picture has {width:,} × {height:,} pixels; at least {side} on each side"
    ),
    "picture-tall": (
        "the picture has {width:,} × {height:,} pixels; it may be {times} times as high as wide at "
        "most: crop it"
    ),
    "picture-wide": (
        "the picture has {width:,} × {height:,} pixels; it may be {times} times as wide as high at "
        "most: crop it"
    ),
    "picture-animated": "the picture is animated; upload a still",
    "picture-damaged": "the picture is damaged or cut off",
    "picture-floating": "the picture has floating-point values; save it with 8 bits",
    "picture-renditions": "the picture's renditions are too large",
    "picture-failed": "decoding failed (status {status}); save the picture anew",
    "picture-torn": "the picture could not be decoded; save it anew",
    "picture-memory": "the picture needs too much memory; save it smaller",
    "picture-slow": "decoding takes longer than {seconds} seconds",
    # Wires, templates, webhooks.
    "wire-exists": "there is a feed {name} already",
    "wires-full": "there are already {most} feeds; remove one first",
    "no-wire": "there is no feed {name}",
    "no-wire-likely": "there is no feed {name} (did you mean {likely}?)",
    "no-template": "there is no template {name}",
    "no-template-likely": "there is no template {name} (did you mean {likely}?)",
    "templates-full": "there are already {most} templates; remove one first",
    # The database.
    "store-unavailable": "The database does not answer. Try again with the same Idempotency-Key.",
    "store-failover": (
        "The database is changing its primary server. Try again with the same Idempotency-Key."
    ),
    "store-loading": (
        "The database has started and is loading its data. Try again with the same Idempotency-Key."
    ),
    "store-memory-full": (
        "The database has reached its memory limit (maxmemory) and refuses changes. An operator"
        " must raise the limit or free memory."
    ),
    "store-disk-full": (
        "The database cannot write to its disk and refuses changes. An operator must free disk "
        "space or repair the disk."
    ),
    "store-no-replicas": (
        "The database has fewer connected replicas than a change requires. An operator must "
        "bring a replica back."
    ),
    "store-cluster-down": (
        "The database cluster has no server for these keys now. Try again with the same "
        "Idempotency-Key."
    ),
    "store-access": (
        "The database refuses this server's user, password, or a command. An operator must "
        "correct the credentials or the access rules."
    ),
    "store-busy": (
        "The database is busy and accepts no commands. Try again with the same Idempotency-Key."
    ),
    "edition-of-key": (
        "its key is that of item {id} in the edition {edition}; an item cannot change its edition"
    ),
    "story-busy": "others keep changing the text of this story; try again",
    "item-unwritten": "the item could not be written now; try again",
    "entry-busy": "others are importing or changing this item at once; try again",
}
"""Sentences about a whole request, which the console shows."""

WARNINGS: Final[Mapping[str, str]] = {
    "warning-script": "the headline is not in {script} script, but its language is {language}",
    "warning-future": "published_at was in the future; it is {published} now",
    "warning-similar": 'similar to {id}, published at {published}: "{headline}"',
}
"""Reasons to look again at what was accepted, by their codes behind ``warning-``."""
