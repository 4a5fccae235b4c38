"""The routes of courses and their manuals."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.training.api import course_examples as examples
from services.training.api.callers import MOST_PER_PAGE, NAME, Anyone, Everybody, Service, Staff
from services.training.domain.course import CloseCourse, DescribeCourse, course
from services.training.domain.manual import PublishManual, VersionNumber, in_force, manual
from services.training.domain.manual_text import Layout, as_html, changes, image_media, images_of, policy
from services.training.views.certificates import certificates
from services.training.views.courses import KnownCourse, courses
from services.training.views.trainees import Trainee, trainees
from shared.contracts.training import ManualPublished
from shared.http import (
    MAX_FILE_BYTES,
    UPLOAD,
    Deps,
    Paged,
    Problem,
    accepts,
    body,
    command_id,
    content_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day

router = APIRouter(tags=["courses"])
accepts(
    router,
    "/courses/{course}",
    course,
    DescribeCourse,
    service=NAME,
    right="training.run",
    method="PUT",
    of_partner=False,
)
accepts(router, "/courses/{course}/close", course, CloseCourse, service=NAME, right="training.run", of_partner=False)

On = Annotated[Day | None, Query(description="The version in force on this day; without one, today (UTC).")]
Wanted = Annotated[str | None, Query(description="Or this version, such as 1.2.")]


class AskedManual(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of a manual with its text, in Markdown. A picture is named `image:` and its digest."""

    version: VersionNumber
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=300_000)]
    changed: Annotated[str, msgspec.Meta(max_length=5_000)] = ""
    valid_from: date


@router.get("/courses", summary="All courses", responses=examples.COURSES)
async def list_courses(
    deps: Service,
    who: Everybody,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By id, each with the versions of its manual, oldest first."""
    found = await deps.reads.find(courses, {})
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/courses/{course}", summary="A course", responses=examples.COURSE)
async def show_course(course: str, deps: Service, who: Everybody) -> Response:
    """What it is, what its assessment asks for, and the versions of its manual, oldest first."""
    return json_response(await known_course(deps, course))


@router.post(
    "/courses/{course}/images",
    status_code=201,
    summary="Lay in a picture for a manual",
    openapi_extra=UPLOAD,
    responses=examples.IMAGE,
)
async def lay_in_image(request: Request, course: str, deps: Service, who: Staff) -> Response:
    """The picture is the body: PNG, JPEG, GIF or WebP, as its content says. In the text it is named by the address in
    the answer. 413 above 20 MB, 415 for anything else."""
    await known_course(deps, course)
    content = await content_of(request, MAX_FILE_BYTES)
    media = image_media(content)
    if media is None:
        raise Problem(415, "unknown_type", "The file must be a picture: PNG, JPEG, GIF or WebP.")
    digest = await deps.blobs.put(content)
    return json_response({"digest": digest, "address": f"image:{digest}", "media": media}, status=201)


@router.post(
    "/courses/{course}/manual",
    status_code=202,
    summary="Publish a version of the manual",
    openapi_extra=takes(AskedManual),
    responses=examples.ACCEPTED,
)
async def publish_manual(request: Request, course: str, deps: Service, who: Staff) -> Response:
    """A new major version where agents have to be certified anew, else a new minor one; every version but the first
    says what is new in it. 409 `version_not_next`, `nothing_changed`, `changes_not_told`, `starts_before`,
    `starts_in_the_past`, `image_elsewhere`; 422 for a picture that was not laid in."""
    await known_course(deps, course)
    asked = await body(request, AskedManual)
    images = await asyncio.to_thread(images_of, asked.text)
    for digest in images:
        content = await deps.blobs.get(digest)
        if content is None or image_media(content) is None:
            raise invalid("text", f"no picture {digest} was laid in")
    command = PublishManual(
        course=course,
        version=asked.version,
        digest=await deps.blobs.put(asked.text.encode()),
        images=images,
        changed=asked.changed,
        valid_from=asked.valid_from,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(manual, course, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.get("/courses/{course}/manual", summary="The manual in force", responses=examples.MANUAL)
async def show_manual(course: str, deps: Service, who: Everybody, on: On = None, version: Wanted = None) -> Response:
    """The version that is, was or will be in force on a day, with its text in Markdown. 404 before the first."""
    known = await known_course(deps, course)
    published = _wanted(known, deps, on, version)
    text = await _text_of(deps, published)
    return json_response({"published": published, "text": text})


@router.get("/courses/{course}/manual/changes", summary="What a version changed", responses=examples.CHANGES)
async def manual_changes(
    course: str,
    deps: Service,
    who: Everybody,
    version: Annotated[str, Query(description="This version, such as 2.0.")],
    since: Annotated[str | None, Query(description="Against this one; without one, against the one before it.")] = None,
) -> Response:
    """What is new in words, version by version after `since`, and the lines of the text that differ, as a unified
    diff. 404 for a version that is none, or has none before it."""
    known = await known_course(deps, course)
    numbers = [one.version for one in known.versions]
    last = numbers.index(version) if version in numbers else -1
    first = last - 1 if since is None else numbers.index(since) if since in numbers else -1
    if not 0 <= first < last:
        raise not_found("version of the manual")
    old, new = known.versions[first], known.versions[last]
    lines = await asyncio.to_thread(changes, await _text_of(deps, old), await _text_of(deps, new))
    told = [{"version": one.version, "changed": one.changed} for one in known.versions[first + 1 : last + 1]]
    return json_response({"since": old.version, "version": new.version, "changed": told, "lines": lines})


@router.get(
    "/courses/{course}/manual/page",
    summary="The manual as a page",
    response_class=Response,
    responses=examples.PAGE,
)
async def manual_page(
    course: str,
    deps: Service,
    who: Everybody,
    layout: Annotated[Layout, Query(description="For a screen, or to be printed.")] = "screen",
    on: On = None,
    version: Wanted = None,
) -> Response:
    """A page of HTML that needs nothing else: its pictures stand in it. To be printed, it is set for A4, each chapter
    on a page of its own. 404 before the first version."""
    known = await known_course(deps, course)
    published = _wanted(known, deps, on, version)
    text = await _text_of(deps, published)
    images = {digest: content for digest in published.images if (content := await deps.blobs.get(digest)) is not None}
    described = known.described
    title, language = (described.title, described.language) if described else (course, "en")
    html = await asyncio.to_thread(as_html, text, title, language, published, images, layout)
    headers = {
        "content-security-policy": policy(layout),
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return Response(html, headers=headers, media_type="text/html; charset=utf-8")


@router.get("/courses/{course}/manual/readers", summary="Who has read the manual", responses=examples.READERS)
async def list_readers(
    course: str,
    deps: Service,
    who: Anyone,
    paged: Paged,
    partner: Annotated[str | None, Query(description="Only agents of this partner.")] = None,
) -> Response:
    """Agents who hold the course's certificate, each with the version that they acknowledged last; `due` where the one
    in force is not among those that they did."""
    if partner is not None:
        must_see(who, partner)
    known = await known_course(deps, course)
    now = in_force(known.versions, deps.clock().date())
    asked: dict[str, str | int] = {"course": course, "held": 1, **({"partner": partner} if partner else {})}
    holders = [one for _, one in await deps.reads.find(certificates, asked) if who.sees(one.partner)]
    keys = [f"{one.partner}:{one.agent}" for one in holders]
    learned: dict[str, Trainee] = await deps.reads.get(trainees, keys) if keys else {}
    items: list[tuple[str, dict[str, Any]]] = []
    for key, one in zip(keys, holders, strict=True):
        read = learned[key].read.get(course, []) if key in learned else []
        due = now is not None and now.version not in {said.version for said in read}
        last = read[-1] if read else None
        told = {
            "partner": one.partner,
            "agent": one.agent,
            "version": last.version if last else None,
            "at": last.at if last else None,
            "due": due,
        }
        items.append((key, told))
    shown = paged.of(sorted(items))
    figures = {"in_force": now.version if now else None, "due": sum(1 for _, item in items if item["due"])}
    return json_response({**figures, "items": shown.items, "next": shown.next})


async def known_course(deps: Deps, name: str) -> KnownCourse:
    """404 where nobody described it."""
    doc = (await deps.reads.get(courses, [name])).get(name)
    if doc is None or doc.described is None:
        raise not_found("course")
    return doc


def _wanted(known: KnownCourse, deps: Deps, on: date | None, version: str | None) -> ManualPublished:
    if version is not None:
        found = next((one for one in known.versions if one.version == version), None)
    else:
        found = in_force(known.versions, on or deps.clock().date())
    if found is None:
        raise not_found("version of the manual")
    return found


async def _text_of(deps: Deps, published: ManualPublished) -> str:
    content = await deps.blobs.get(published.digest)
    if content is None:
        raise not_found("text of the manual")
    return content.decode()
