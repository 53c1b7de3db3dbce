"""Content under its own sha256: in a local folder, or in any S3-compatible object store."""

from blobs.errors import BlobStoreUnavailable, CorruptBlob, MissingBlob, WrongDigest
from blobs.factory import S3Access, open_store
from blobs.folder import FolderStore
from blobs.s3 import S3BlobStore
from blobs.signing import InvalidSignature, UrlSigner
from blobs.store import SIGNED_FOR, Blob, BlobStore, digest_of

__all__ = [
    "SIGNED_FOR",
    "Blob",
    "BlobStore",
    "BlobStoreUnavailable",
    "CorruptBlob",
    "FolderStore",
    "InvalidSignature",
    "MissingBlob",
    "S3Access",
    "S3BlobStore",
    "UrlSigner",
    "WrongDigest",
    "digest_of",
    "open_store",
]
