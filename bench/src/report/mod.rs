//! Tells the figures: on the terminal as they come, and in `docs/performance.md` with a plot beside it.

pub mod markdown;
pub mod svg;
pub mod table;
pub mod terminal;

use std::fs;
use std::path::Path;

use crate::Result;
use crate::plan::{Figures, Options};

/// Writes the page and its plot into the folder.
pub fn write(folder: &Path, figures: &Figures, options: &Options) -> Result<()> {
    fs::write(folder.join("performance.md"), markdown::page(figures, options))?;
    fs::write(folder.join("performance.svg"), svg::plot(&table::rows(figures)))?;
    Ok(())
}
