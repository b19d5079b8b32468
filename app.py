"""The script Streamlit runs; the page itself is in `toolkit.dashboard`."""

from __future__ import annotations

from toolkit import dashboard

dashboard.main()
