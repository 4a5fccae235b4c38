"""FastAPI with a pydantic body and aiokafka's `send` for each event: signature, validation, an answer after all copies
have it. `python -m tests.load.peers.door PORT KAFKA TOPIC SECRET`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, TypeAdapter

PORT, KAFKA, TOPIC, SECRET = sys.argv[1:]
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
TOLERANCE_S = 300


class CloudEvent(BaseModel):
    """One event as the partner sends it."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]


events = TypeAdapter(list[CloudEvent])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """A producer as long as the server runs."""
    app.state.producer = AIOKafkaProducer(bootstrap_servers=KAFKA, acks="all", enable_idempotence=True)
    await app.state.producer.start()
    yield
    await app.state.producer.stop()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/in/{source}", status_code=202)
async def deliver(source: str, request: Request) -> dict[str, int]:
    """One delivery."""
    body = await request.body()
    name, second = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    signature = hmac.digest(KEY, f"{name}.{second}.".encode() + body, hashlib.sha256)
    known = [part.partition(",")[2] for part in request.headers["webhook-signature"].split()]
    fresh = abs(time.time() - int(second)) < TOLERANCE_S  # noqa: TID251 - a peer reads the clock as it likes
    if not fresh or not any(hmac.compare_digest(base64.b64encode(signature).decode(), each) for each in known):
        raise HTTPException(401)
    sent = [
        await app.state.producer.send(
            TOPIC, event.model_dump_json().encode(), key=f"{source}:{event.data['call']}".encode()
        )
        for event in events.validate_json(body)
    ]
    await asyncio.gather(*sent)
    return {"accepted": len(sent)}


if __name__ == "__main__":
    uvicorn.run(app, port=int(PORT), access_log=False, log_level="warning")
