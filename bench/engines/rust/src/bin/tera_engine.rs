//! Tera. The values are its own before anything is measured; it escapes only HTML, by the template's name.

use engines::{serve, Engine, ValueSet};
use tera::{Context, Tera};

struct TeraEngine {
    tera: Tera,
    sets: Vec<Context>,
}

impl TeraEngine {
    fn new(text: &str, sets: Vec<ValueSet>) -> Self {
        let mut tera = Tera::new();
        tera.add_raw_template("test.py", text)
            .expect("the template");
        let sets = sets
            .iter()
            .map(|set| Context::from_serialize(set).expect("a value set"))
            .collect();
        TeraEngine { tera, sets }
    }
}

impl Engine for TeraEngine {
    fn render(&self, index: usize, out: &mut Vec<u8>) {
        out.clear();
        self.tera
            .render_to("test.py", &self.sets[index], out)
            .expect("a text");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve(TeraEngine::new)
}
