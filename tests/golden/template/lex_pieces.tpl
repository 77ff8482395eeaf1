a$b $$ $${x} ${ model_name } $$${x}$
${open "
${task}