"""The bus on Apache Kafka, through aiokafka."""

from shared.adapters.kafka.bus import KafkaBus
from shared.adapters.kafka.cluster import LogCut

__all__ = ["KafkaBus", "LogCut"]
