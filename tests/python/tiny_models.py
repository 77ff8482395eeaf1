"""Tiny models with random weights, made from transformers' own configs and saved as folders.

`TINY_MODELS` maps a name to its family, its hub task and the function that saves it; `save_tiny_model` calls
that function with a fixed seed. A folder holds what `from_pretrained` needs (weights, config, tokenizer,
processor); nothing is fetched, and image processors are written as JSON, so that saving needs no Pillow.
"""

import json
import os
from collections import namedtuple
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")  # transformers reads them when imported.

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

IMAGE_SIZE = 32
WIDTH = 32
LABELS = 5
LAYERS = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
VISION = {"hidden_size": WIDTH, "image_size": IMAGE_SIZE, "patch_size": 8, **LAYERS}

TinyModel = namedtuple("TinyModel", "model_family task save")


def save_tiny_model(name, folder):
    """Saves the model `name` of TINY_MODELS to `folder`, always with the same weights, and returns the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    TINY_MODELS[name].save(folder)
    return folder


def save_bert(folder):
    tokenizer = save_word_pieces(folder)
    config = transformers.BertConfig(vocab_size=len(tokenizer), hidden_size=WIDTH, **LAYERS)
    transformers.BertForMaskedLM(config).save_pretrained(folder)


def save_t5_encoder(folder):
    config = t5_config(save_byte_tokenizer(folder))
    transformers.T5EncoderModel(config).save_pretrained(folder)


def save_gpt2(folder):
    tokenizer = save_byte_tokenizer(folder)
    transformers.GPT2LMHeadModel(gpt2_config(tokenizer)).save_pretrained(folder)


def save_t5(folder):
    config = t5_config(save_byte_tokenizer(folder))
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)


def save_vit(folder):
    save_image_processor(folder, "ViTImageProcessor")
    config = transformers.ViTConfig(num_labels=LABELS, **VISION)
    transformers.ViTForImageClassification(config).save_pretrained(folder)


def save_vit_features(folder):
    save_image_processor(folder, "ViTImageProcessor")
    transformers.ViTModel(transformers.ViTConfig(**VISION)).save_pretrained(folder)


def save_resnet(folder):
    save_image_processor(folder, "ConvNextImageProcessor", size={"shortest_edge": IMAGE_SIZE}, crop_pct=0.875)
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=LABELS
    )
    transformers.ResNetForImageClassification(config).save_pretrained(folder)


def save_wav2vec2_ctc(folder):
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    transformers.Wav2Vec2ForCTC(wav2vec2_config()).save_pretrained(folder)


def save_wav2vec2_classifier(folder):
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    transformers.Wav2Vec2ForSequenceClassification(wav2vec2_config()).save_pretrained(folder)


def save_wav2vec2_features(folder):
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    transformers.Wav2Vec2Model(wav2vec2_config()).save_pretrained(folder)


def save_whisper(folder):
    seconds, frames_a_second = 2, 100
    transformers.WhisperFeatureExtractor(chunk_length=seconds).save_pretrained(folder)
    config = transformers.WhisperConfig(
        vocab_size=64,
        d_model=WIDTH,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_source_positions=seconds * frames_a_second // 2,
        max_target_positions=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=3,
        begin_suppress_tokens=None,
    )
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)


def save_clip(folder):
    save_image_processor(folder, "CLIPImageProcessor", do_center_crop=True, crop_size=IMAGE_SIZE)
    letters = list(pre_tokenizers.ByteLevel.alphabet())
    tokens = sorted(letters) + sorted(letter + "</w>" for letter in letters) + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    transformers.CLIPTokenizerFast.from_pretrained(folder, model_max_length=64).save_pretrained(folder)
    bos, eos = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]
    text = {"vocab_size": len(tokens), "hidden_size": WIDTH, "bos_token_id": bos, "eos_token_id": eos, **LAYERS}
    config = transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    transformers.CLIPModel(config).save_pretrained(folder)


def save_blip(folder):
    save_image_processor(folder, "BlipImageProcessor", processor_class="BlipProcessor")
    tokenizer = save_word_pieces(folder)
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "encoder_hidden_size": WIDTH,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **LAYERS,
    }
    config = transformers.BlipConfig(text_config=text, vision_config=VISION, projection_dim=16)
    transformers.BlipForConditionalGeneration(config).save_pretrained(folder)


def save_vit_gpt2(folder):
    save_image_processor(folder, "ViTImageProcessor")
    tokenizer = save_byte_tokenizer(folder)
    encoder, decoder = transformers.ViTConfig(**VISION), gpt2_config(tokenizer)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id = tokenizer.bos_token_id
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    transformers.VisionEncoderDecoderModel(config).save_pretrained(folder)


def save_llava(folder):
    patches = {
        "patch_size": VISION["patch_size"],
        "vision_feature_select_strategy": "default",
        "num_additional_image_tokens": 1,
    }
    save_image_processor(folder, "CLIPImageProcessor", do_center_crop=True, crop_size=IMAGE_SIZE)
    template = "{% for part in messages[0]['content'] %}{{ part['text'] if 'text' in part else '<image>' }}{% endfor %}"
    parts = {"processor_class": "LlavaProcessor", "image_token": "<image>", **patches}
    (folder / "processor_config.json").write_text(json.dumps(parts))
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": template}))
    tokenizer = save_byte_tokenizer(folder, "<image>")
    text = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **LAYERS,
    )
    config = transformers.LlavaConfig(
        text_config=text,
        vision_config=transformers.CLIPVisionConfig(**{**VISION, "num_hidden_layers": 2}),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(IMAGE_SIZE // VISION["patch_size"]) ** 2,
    )
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)


def save_word_pieces(folder):
    """Saves a BERT tokenizer whose pieces are single characters."""
    characters = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'-"
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = specials + list(characters) + ["##" + character for character in characters]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=512)
    tokenizer.save_pretrained(folder)
    return tokenizer


def save_byte_tokenizer(folder, *extra_tokens):
    """Saves a tokenizer whose tokens are single bytes, and returns it."""
    specials = ["<pad>", "<s>", "</s>", *extra_tokens]
    vocabulary = {token: index for index, token in enumerate(specials + sorted(pre_tokenizers.ByteLevel.alphabet()))}
    bytes_only = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.add_special_tokens(specials)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def save_image_processor(folder, image_processor_type, **settings):
    size = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    processor = {"image_processor_type": image_processor_type, "size": size, **settings}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))


def gpt2_config(tokenizer):
    return transformers.GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=512,
        n_embd=WIDTH,
        n_layer=1,
        n_head=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def t5_config(tokenizer):
    return transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=WIDTH,
        d_kv=16,
        d_ff=64,
        num_layers=1,
        num_heads=2,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )


def wav2vec2_config():
    return transformers.Wav2Vec2Config(
        hidden_size=WIDTH,
        vocab_size=LABELS * 6,
        num_labels=LABELS,
        conv_dim=(16, 16),
        conv_kernel=(20, 16),
        conv_stride=(20, 16),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=16,
        **LAYERS,
    )


TINY_MODELS = {
    "bert": TinyModel("text_embedding", "fill-mask", save_bert),
    "t5-encoder": TinyModel("text_embedding", "feature-extraction", save_t5_encoder),
    "gpt2": TinyModel("text_generation", "text-generation", save_gpt2),
    "t5": TinyModel("text_generation", "text2text-generation", save_t5),
    "vit": TinyModel("vision", "image-classification", save_vit),
    "vit-features": TinyModel("vision", "image-feature-extraction", save_vit_features),
    "resnet": TinyModel("vision", "image-classification", save_resnet),
    "wav2vec2-ctc": TinyModel("audio", "automatic-speech-recognition", save_wav2vec2_ctc),
    "wav2vec2-classifier": TinyModel("audio", "audio-classification", save_wav2vec2_classifier),
    "wav2vec2-features": TinyModel("audio", "feature-extraction", save_wav2vec2_features),
    "whisper": TinyModel("audio", "automatic-speech-recognition", save_whisper),
    "clip": TinyModel("multimodal", "zero-shot-image-classification", save_clip),
    "blip": TinyModel("multimodal", "image-to-text", save_blip),
    "vit-gpt2": TinyModel("multimodal", "image-to-text", save_vit_gpt2),
    "llava": TinyModel("multimodal", "image-text-to-text", save_llava),
}
