//! Pictures of measurements, for the pages of the book.

use plotters::prelude::*;

/// Width and height, in pixels at their natural size. A page scales them.
const SIZE: (u32, u32) = (680, 340);

/// What plotters calls the size of its letters; in the picture it becomes 14 pixels.
const TEXT: u32 = 17;

/// From one name to the next, in pixels.
const LINE_HEIGHT: i32 = 16;

/// Colours that can be told apart, on white and on black. Lines have their names beside them too.
const COLOURS: [RGBColor; 9] = [
    RGBColor(0x2b, 0x7b, 0xba),
    RGBColor(0xd0, 0x5f, 0x1e),
    RGBColor(0x2f, 0x95, 0x58),
    RGBColor(0x93, 0x66, 0xc1),
    RGBColor(0xc4, 0x4e, 0x6b),
    RGBColor(0x8a, 0x7a, 0x1d),
    RGBColor(0x1c, 0x93, 0x96),
    RGBColor(0x8d, 0x6e, 0x5a),
    RGBColor(0x7a, 0x7f, 0x87),
];

/// A picture: lines over logarithmic axes.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// The end of its file's name, and the beginning of its ids in a page.
    pub name: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What lies on the horizontal axis.
    pub across: &'static str,
    /// The unit of the vertical axis.
    pub up: &'static str,
    /// Points of each line, under its name.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// The picture as SVG, to stand in the text of a page, in the page's own colour for text.
///
/// # Errors
///
/// A sentence, when there is nothing to draw.
pub fn draw(plot: &Plot) -> Result<String, String> {
    let points = || plot.lines.iter().flat_map(|(_, points)| points).copied();
    let (across, up) = (
        range(points().map(|(x, _)| x))?,
        range(points().map(|(_, y)| y))?,
    );
    let mut svg = String::new();
    chart(plot, across, up, &mut svg).map_err(|error| format!("{}: {error}", plot.name))?;
    let (_, inside) = svg
        .split_once('>')
        .ok_or_else(|| format!("{}: no picture", plot.name))?;
    let described: Vec<String> = plot.lines.iter().map(described).collect();
    let (name, title, up) = (plot.name, plot.title, plot.up);
    let desc = format!("{up} for {}. {}", plot.across, described.join(" "));
    let inside = inside.trim().replace("#000000", "currentColor");
    Ok(format!(
        "<figure class=\"plot\"><div class=\"plot-box\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {} {}\" \
         aria-labelledby=\"plot-{name}-title plot-{name}-desc\">\n<title id=\"plot-{name}-title\">{title}</title>\n\
         <desc id=\"plot-{name}-desc\">{desc}</desc>\n{inside}\n</div></figure>\n",
        SIZE.0, SIZE.1
    ))
}

/// A line for those who do not see it.
fn described((name, points): &(String, Vec<(f64, f64)>)) -> String {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{y:.2} at {x}"))
        .collect();
    format!("{name}: {}.", points.join(", "))
}

/// From a little below the least to a little above the most.
fn range(values: impl Iterator<Item = f64>) -> Result<std::ops::Range<f64>, String> {
    // A logarithmic axis has no zero.
    let values = values.filter(|value| *value > 0.0);
    let (least, most) = values.fold((f64::MAX, 0.0_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    if most == 0.0 {
        return Err("there is nothing to draw".to_string());
    }
    Ok(least * 0.8..most * 1.6)
}

/// As one writes it: steps are multiplied, and 7 tenths come out as a little more.
fn written(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}

type Fault = Box<dyn std::error::Error>;

fn chart(
    plot: &Plot,
    across: std::ops::Range<f64>,
    up: std::ops::Range<f64>,
    svg: &mut String,
) -> Result<(), Fault> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let text = ("sans-serif", TEXT).into_font().color(&BLACK);
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .margin_right(150)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(across.log_scale(), up.log_scale())
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .axis_style(BLACK)
        .x_desc(plot.across)
        .y_desc(plot.up)
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_label_formatter(&|value| format!("{value}"))
        .y_labels(5)
        .y_label_formatter(&|value| written(*value))
        .draw()
        .map_err(|error| error.to_string())?;
    let mut labels = Vec::new();
    for ((name, points), colour) in plot.lines.iter().zip(COLOURS.iter().cycle()) {
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
        chart.draw_series(line).map_err(|error| error.to_string())?;
        let dots = points
            .iter()
            .map(|point| Circle::new(*point, 4, colour.filled()));
        chart.draw_series(dots).map_err(|error| error.to_string())?;
        if let Some(last) = points.last() {
            let (x, y) = chart.backend_coord(last);
            labels.push((y, x, name, *colour));
        }
    }
    // Names stand beside the ends of their lines, and not in each other's way.
    labels.sort_unstable_by_key(|(y, ..)| *y);
    let mut lowest = 0;
    for (y, x, name, colour) in labels {
        lowest = y.max(lowest + LINE_HEIGHT);
        let label = ("sans-serif", TEXT).into_font().color(&colour);
        let text = Text::new(name.clone(), (x + 10, lowest - LINE_HEIGHT / 2), label);
        area.draw(&text).map_err(|error| error.to_string())?;
    }
    area.present().map_err(|error| error.to_string())?;
    Ok(())
}
