"""A process that sends the digests due at a moment, as the schedule's flow run would."""

from __future__ import annotations

import json
import sys
from datetime import datetime

from flows.send_weekly_digest import send_weekly_digest

if __name__ == "__main__":
    sys.stdout.write(json.dumps(send_weekly_digest(at=datetime.fromisoformat(sys.argv[1]))))
