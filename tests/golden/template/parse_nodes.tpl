a $$ ${model_name}${	batch_size }
${1x} ${} ${a b}
