//! The protocol of the engines in Rust (see ../../README.md): reads the template and the value sets, then answers
//! the driver's commands on standard input.

use std::error::Error;
use std::fs::{read_to_string, File};
use std::hint::black_box;
use std::io::{stdin, BufRead, BufReader, Write};
use std::time::Instant;

pub type ValueSet = serde_json::Map<String, serde_json::Value>;

pub trait Engine {
    /// Replaces what is in `out` by the text for the value set at `index`.
    fn render(&self, index: usize, out: &mut Vec<u8>);
}

/// `make` gets the template's text and the value sets.
pub fn serve<E: Engine>(make: impl FnOnce(&str, Vec<ValueSet>) -> E) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, template, values, most] = &arguments[..] else {
        return Err("usage: ENGINE TEMPLATE VALUES SETS".into());
    };
    let lines = BufReader::new(File::open(values)?)
        .lines()
        .take(most.parse()?);
    let sets = lines
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn Error>>>()?;
    let engine = make(&read_to_string(template)?, sets);
    println!("ready");
    for line in stdin().lines() {
        let line = line?;
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["round", sets] => round(&engine, sets.parse()?),
            ["check", sets, path] => check(&engine, sets.parse()?, path)?,
            _ => return Err(format!("no command: {line}").into()),
        }
    }
    Ok(())
}

/// Answers seconds and bytes of rendering the first `sets` value sets once.
fn round(engine: &impl Engine, sets: usize) {
    let mut out = Vec::new();
    let mut bytes = 0;
    let start = Instant::now();
    for index in 0..sets {
        engine.render(index, &mut out);
        bytes += black_box(&out).len();
    }
    println!("{} {bytes}", start.elapsed().as_secs_f64());
}

/// Writes the outputs for the first `sets` value sets into one file, one after the other.
fn check(engine: &impl Engine, sets: usize, path: &str) -> Result<(), Box<dyn Error>> {
    let mut file = File::create(path)?;
    let mut out = Vec::new();
    for index in 0..sets {
        engine.render(index, &mut out);
        file.write_all(&out)?;
    }
    println!("done");
    Ok(())
}
