//! minijinja. The values are its own before anything is measured. A new String for each text is faster here than
//! writing into one buffer.

use engines::{serve, Engine, ValueSet};
use minijinja::{syntax::SyntaxConfig, value::Serde, Environment, Template, Value};

struct Minijinja {
    template: Template<'static, 'static>,
    sets: Vec<Value>,
}

impl Minijinja {
    fn new(text: &str, sets: Vec<ValueSet>) -> Self {
        // Leaked, so that the template need not be looked up at each render.
        let environment = Box::leak(Box::new(Environment::new()));
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("a syntax"));
        environment
            .add_template_owned("test.py", text.to_string())
            .expect("the template");
        let environment: &'static Environment = environment;
        Minijinja {
            template: environment.get_template("test.py").expect("the template"),
            sets: sets
                .into_iter()
                .map(|set| Value::from(Serde(set)))
                .collect(),
        }
    }
}

impl Engine for Minijinja {
    fn render(&self, index: usize, out: &mut Vec<u8>) {
        let text = self.template.render(&self.sets[index]).expect("a text");
        *out = text.into_bytes();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve(Minijinja::new)
}
