//! `doctor`: finds problems of an account, and fixes them.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::desk::Desk;
use super::error::{Error, Exit};
use super::option::OutputFormat;
use super::outcome::{explained, print_lines, print_rows, text};
use crate::account::{Remedy, placed};
use crate::value::{ColumnType, Row, Value};

/// Finds problems of an account.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Fix what can be fixed
    #[arg(long)]
    fix: bool,

    /// The least age of something unused: a create that is running may use it in a moment
    #[arg(long, value_name = "AGE", default_value = "15m", value_parser = parse_age)]
    min_age: Duration,
}

fn parse_age(text: &str) -> Result<Duration, String> {
    let age = text.parse::<SignedDuration>().ok().and_then(|age| Duration::try_from(age).ok());
    age.ok_or_else(|| "expected a time such as `15m`, `2h` or `0s`".into())
}

const FINDING_COLUMNS: [(&str, ColumnType); 3] =
    [("problem", ColumnType::Text), ("action", ColumnType::Text), ("detail", ColumnType::Text)];

impl Doctor {
    /// Runs the command; fails if a problem is not fixed.
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let Desk { session, output, asking, terminal, .. } = desk;
        let findings = session.findings(self.min_age).await?;
        if findings.is_empty() && output.output == OutputFormat::Table {
            writeln!(desk.out.clone(), "nothing is wrong")?;
            return Ok(Exit::Done);
        }
        let remedies: Vec<String> =
            findings.iter().filter_map(|f| Some(placed(f.place.as_ref(), f.remedy.as_ref()?.describe()))).collect();
        let fixes = self.fix && !asking.dry_run;
        if fixes && !remedies.is_empty() {
            asking.confirm("carry out", &remedies, terminal)?;
        }
        let mut rows = Vec::new();
        let mut open = 0;
        for finding in &findings {
            let remedy = finding.remedy.as_ref();
            let described = remedy.map_or_else(|| "nothing here can fix it".into(), Remedy::describe);
            let (action, detail) = match remedy {
                Some(remedy) if fixes => match session.put_right(remedy, finding.place.as_ref()).await {
                    Ok(()) => ("fixed", described),
                    Err(error) => ("failed", explained(&error)),
                },
                Some(_) => ("found", format!("`--fix` would {described}")),
                None => ("found", described),
            };
            open += usize::from(action != "fixed");
            rows.push((action, placed(finding.place.as_ref(), finding.problem.clone()), detail));
        }
        if output.output == OutputFormat::Table {
            print_lines(rows.iter().cloned(), desk)?;
        } else {
            let row = |(action, problem, detail): &(&'static str, String, String)| -> Row {
                [text(problem), Value::word(action), text(detail)].into()
            };
            print_rows(&FINDING_COLUMNS, rows.iter().map(row).collect(), desk)?;
        }
        if open == 0 {
            return Ok(Exit::Done);
        }
        Err(Error::Failed { message: format!("{open} of {} findings are open", rows.len()), help: None })
    }
}
