"""EventStore, Documents and Blobs on a MongoDB server, within what every server that speaks its protocol can do."""

from shared.adapters.mongo.blobs import MongoBlobs
from shared.adapters.mongo.database import Abilities, MongoDatabase
from shared.adapters.mongo.documents import MongoDocuments
from shared.adapters.mongo.events import MongoEventStore

__all__ = ["Abilities", "MongoBlobs", "MongoDatabase", "MongoDocuments", "MongoEventStore"]
