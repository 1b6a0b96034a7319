# SPDX-License-Identifier: ISC
"""Plain SVG: bars with goals, and lines. No library."""
import html
import math

INK, FAINT, OURS, OTHER = "#222", "#bbb", "#2a6f97", "#b5651d"
FONT = 'font-family="sans-serif" font-size="13"'


class Svg:
    def __init__(self, width, height, title, subtitle=""):
        self.w, self.h, self.parts = width, height, []
        self.text(16, 26, title, size=16, weight="bold")
        if subtitle:
            self.text(16, 46, subtitle, color="#555")

    def add(self, text):
        self.parts.append(text)

    def text(self, x, y, s, anchor="start", color=INK, size=13,
             weight="normal"):
        self.add('<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s" '
                 'font-size="%d" font-weight="%s">%s</text>' %
                 (x, y, anchor, color, size, weight, html.escape(s)))

    def line(self, x1, y1, x2, y2, color=INK, width=1.0, dash=""):
        self.add('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" '
                 'stroke-width="%.1f"%s/>' %
                 (x1, y1, x2, y2, color, width,
                  ' stroke-dasharray="%s"' % dash if dash else ""))

    def rect(self, x, y, w, h, color):
        self.add('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" '
                 'fill="%s"/>' % (x, y, max(w, 0.5), h, color))

    def path(self, points, color):
        self.add('<polyline fill="none" stroke="%s" stroke-width="2.5" '
                 'points="%s"/>' %
                 (color, " ".join("%.1f,%.1f" % p for p in points)))

    def dot(self, x, y, color):
        self.add('<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>' %
                 (x, y, color))

    def write(self, path):
        with open(path, "w") as f:
            f.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
                    'height="%d" viewBox="0 0 %d %d" %s>\n'
                    '<rect width="100%%" height="100%%" fill="white"/>\n' %
                    (self.w, self.h, self.w, self.h, FONT))
            f.write("\n".join(self.parts) + "\n</svg>\n")


def bars(path, title, subtitle, rows, unit=""):
    """rows: (label, value, low, high, color, note)."""
    left, right, step = 330, 150, 32
    s = Svg(860, 76 + step * len(rows), title, subtitle)
    top = max(max(r[1], r[3]) for r in rows)
    scale = (s.w - left - right) / top
    for i, (label, value, low, high, color, note) in enumerate(rows):
        y = 64 + step * i
        s.text(left - 10, y + 14, label, "end")
        s.rect(left, y, value * scale, 20, color)
        if high > low:
            s.line(left + low * scale, y + 10, left + high * scale, y + 10,
                   INK, 1.5)
        s.text(left + max(value, high) * scale + 8, y + 14,
               "%.3g%s%s" % (value, unit, "  " + note if note else ""))
    s.write(path)


def group(path, name, machine, rows):
    """The rows of one group, each as its share of the way to `good`."""
    rows = [r for r in rows if r["good"] is not None]
    if not rows:
        return
    left, step = 430, 30
    s = Svg(980, 96 + step * len(rows), "stsgate benchmark: " + name,
            machine + "; logarithmic; bar: median, line: quartiles")
    width = s.w - left - 150
    values = [v for r in rows for v in (relative(r, r["median"]),
                                        relative(r, r["aim"]), 1)]
    lo, hi = min(min(values) * 0.8, 0.5), max(max(values) * 1.25, 2)

    def x(v):
        return left + width * math.log(max(v, lo) / lo) / math.log(hi / lo)
    end = 70 + step * len(rows)
    s.line(x(1), 60, x(1), end, FAINT, 1.5)
    s.text(x(1), end + 16, "good", "middle", "#555")
    for i, r in enumerate(rows):
        y = 68 + step * i
        got = sorted(relative(r, v) for v in r["ratios"])
        s.text(left - 10, y + 13, "%s  %s" % (r["goal"], r["name"].strip()),
               "end", size=12)
        s.rect(left, y, x(relative(r, r["median"])) - left, 18,
               OURS if relative(r, r["median"]) >= 1 else OTHER)
        s.line(x(got[len(got) // 4]), y + 9,
               x(got[(3 * len(got) - 1) // 4]), y + 9, INK, 1.5)
        aim = x(relative(r, r["aim"]))
        s.line(aim, y - 2, aim, y + 20, "#2e8b57", 2)
        s.text(s.w - 140, y + 13, "%.3g (good %g, aim %g)" %
               (r["median"], r["good"], r["aim"]), size=11)
    s.write(path)


def relative(row, value):
    """Above 1: better than good."""
    value = max(value, 1e-9)
    return value / row["good"] if row["larger_is_better"] \
        else row["good"] / value


def lines(path, title, subtitle, series, x_label, y_label):
    """series: (label, color, dash, [(x, y)]); both axes logarithmic."""
    s = Svg(760, 420, title, subtitle)
    left, right, top, bottom = 90, 200, 70, 360
    xs = [p[0] for _, _, _, ps in series for p in ps]
    ys = [p[1] for _, _, _, ps in series for p in ps]
    x0, x1 = math.log10(min(xs)), math.log10(max(xs))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def at(p):
        return (left + (s.w - left - right) * (math.log10(p[0]) - x0) /
                (x1 - x0), bottom - (bottom - top) *
                (math.log10(p[1]) - y0) / (y1 - y0))
    for e in range(int(y0), int(y1) + 1):
        y = at((min(xs), 10 ** e))[1]
        s.line(left, y, s.w - right, y, FAINT, 0.7)
        s.text(left - 8, y + 4, "%g" % 10 ** e, "end")
    for e in range(int(round(x0)), int(round(x1)) + 1):
        x = at((10 ** e, min(ys)))[0]
        s.line(x, top, x, bottom, FAINT, 0.7)
        s.text(x, bottom + 18, "{:,}".format(10 ** e), "middle")
    s.text((left + s.w - right) / 2, bottom + 42, x_label, "middle")
    s.text(16, top - 8, y_label, color="#555")
    used = []  # by labels: none on top of another
    for label, color, _, points in series:
        placed = [at(p) for p in points]
        s.path(placed, color)
        for p in placed:
            s.dot(*p, color)
        y = placed[-1][1] + 4
        while any(abs(y - u) < 16 for u in used):
            y -= 2
        used.append(y)
        s.text(placed[-1][0] + 10, y, label, color=color)
    s.write(path)
