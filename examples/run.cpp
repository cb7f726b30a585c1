// As PyTorch's tutorial "Loading a TorchScript Model in C++" does it, with linkboy in PyTorch's place.
#include <linkboy.hpp>

#include <iostream>

int main(int argc, const char *argv[]) {
    if (argc != 2) {
        std::cerr << "usage: run_cpp <path-to-exported-script-module>\n";
        return -1;
    }

    linkboy::jit::Module module;
    try {
        module = linkboy::jit::load(argv[1]);
    } catch (const linkboy::Error &e) {
        std::cerr << "error loading the model\n" << e.what() << '\n';
        return -1;
    }

    std::vector<linkboy::jit::IValue> inputs;
    inputs.push_back(linkboy::ones({1, 8, 8}));

    linkboy::Tensor output = module.forward(inputs).toTensor();
    std::cout << output << '\n';
    std::cout << "ok: " << output.numel() << " probabilities\n";
}
