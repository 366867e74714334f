"""An activity as GPX 1.1 or TCX.

Pure: returns text. GPX knows neither distance nor laps nor offset from UTC, TCX has
no offset either: what the formats cannot say is lost, as it is in real files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from runletters.activities import Lap
from runletters.samples.history import SampleActivity

_GPX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx creator="{creator}" version="1.1" xmlns="http://www.topografix.com/GPX/1/1" '
    'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">\n'
    " <metadata><time>{time}</time></metadata>\n"
    " <trk><name>{name}</name><type>{sport}</type><trkseg>\n"
)
_TCX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
    'xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2">\n'
    ' <Activities><Activity Sport="{sport}"><Id>{time}</Id>\n'
)
_TCX_SPORTS = {"cycling": "Biking", "walking": "Other"}
_LAP_TRIGGERS = {"manual": "Manual", "distance": "Distance", "session_end": "Manual"}


def gpx_file(activity: SampleActivity) -> str:
    """One track; a new segment at each stop of the watch; points without position are left out."""
    head = _GPX_HEAD.format(
        creator=escape(activity.summary.device or "unnamed"),
        time=_utc(activity.summary.started_at),
        name=escape(activity.summary.title or ""),
        sport=activity.summary.sport,
    )
    return head + "".join(_gpx_points(activity)) + " </trkseg></trk>\n</gpx>\n"


def tcx_file(activity: SampleActivity) -> str:
    """Laps with their totals and points; indoors without positions."""
    sport = _TCX_SPORTS.get(activity.summary.sport, "Running")
    head = _TCX_HEAD.format(sport=sport, time=_utc(activity.summary.started_at))
    device = escape(activity.summary.device or "unnamed")
    tail = (
        '  <Creator xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:type="Device_t"><Name>{device}</Name></Creator>\n'
    )
    points = list(_tcx_points(activity))
    times = activity.channels["t_s"].tolist()
    laps, first, end_s = "", 0, 0.0
    for lap in activity.laps:
        end_s += lap.elapsed_s or 0.0
        last = next((i for i in range(first, len(times)) if times[i] > end_s), len(times))
        laps += _tcx_lap(lap, "".join(points[first:last]))
        first = last
    return head + laps + tail + " </Activity></Activities>\n</TrainingCenterDatabase>\n"


def _gpx_points(activity: SampleActivity) -> Iterator[str]:
    last_segment = 0.0
    for point in _points(activity):
        if point["latitude_deg"] is None:
            continue
        if point["segment"] != last_segment:
            last_segment = point["segment"] or 0.0
            yield " </trkseg><trkseg>\n"
        yield (
            f'<trkpt lat="{point["latitude_deg"]:.7f}" lon="{point["longitude_deg"]:.7f}">'
            f"<ele>{point['altitude_m']:.1f}</ele><time>{point['time']}</time>"
            "<extensions><gpxtpx:TrackPointExtension>"
            f"{_whole('gpxtpx:hr', point['heart_rate_bpm'])}"
            f"{_whole('gpxtpx:cad', point['cadence_rpm'])}"
            "</gpxtpx:TrackPointExtension></extensions></trkpt>\n"
        )


def _tcx_points(activity: SampleActivity) -> Iterator[str]:
    for point in _points(activity):
        place = altitude = ""
        if point["latitude_deg"] is not None:
            place = (
                f"<Position><LatitudeDegrees>{point['latitude_deg']:.7f}</LatitudeDegrees>"
                f"<LongitudeDegrees>{point['longitude_deg']:.7f}</LongitudeDegrees></Position>"
            )
        if point["altitude_m"] is not None:
            altitude = f"<AltitudeMeters>{point['altitude_m']:.1f}</AltitudeMeters>"
        heart = _whole("Value", point["heart_rate_bpm"])
        yield (
            f"<Trackpoint><Time>{point['time']}</Time>{place}{altitude}"
            f"<DistanceMeters>{point['distance_m']:.2f}</DistanceMeters>"
            f"{heart and f'<HeartRateBpm>{heart}</HeartRateBpm>'}"
            f"<Extensions><ns3:TPX><ns3:Speed>{point['speed_m_s']:.3f}</ns3:Speed>"
            f"{_whole('ns3:RunCadence', point['cadence_rpm'])}"
            f"{_whole('ns3:Watts', point['power_w'])}</ns3:TPX></Extensions></Trackpoint>\n"
        )


def _tcx_lap(lap: Lap, points: str) -> str:
    average = _whole("Value", lap.heart_rate_avg_bpm)
    highest = _whole("Value", lap.heart_rate_max_bpm)
    trigger = _LAP_TRIGGERS[lap.trigger or "manual"]
    return (
        f'  <Lap StartTime="{_utc(lap.started_at)}">'
        f"<TotalTimeSeconds>{lap.timer_s}</TotalTimeSeconds>"
        f"<DistanceMeters>{lap.distance_m}</DistanceMeters>"
        f"<Calories>{lap.calories_kcal or 0:.0f}</Calories>"
        f"{average and f'<AverageHeartRateBpm>{average}</AverageHeartRateBpm>'}"
        f"{highest and f'<MaximumHeartRateBpm>{highest}</MaximumHeartRateBpm>'}"
        f"<Intensity>Active</Intensity><TriggerMethod>{trigger}</TriggerMethod>\n"
        f"<Track>\n{points}</Track></Lap>\n"
    )


def _points(activity: SampleActivity) -> Iterator[dict[str, float | str | None]]:
    start = activity.summary.started_at
    for row in activity.streams.iter_rows(named=True):
        yield row | {"time": _utc(start + timedelta(seconds=row["t_s"]))}


def _whole(tag: str, value: float | str | None) -> str:
    return "" if value is None else f"<{tag}>{value:.0f}</{tag}>"


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
